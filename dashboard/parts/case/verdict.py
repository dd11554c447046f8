"""A reviewer's verdict on a case, with the reason that goes with it; its keys stand on the buttons."""

import secrets
from typing import Any

import streamlit as st

from core.services.annotation import comments
from core.services.evaluation import reviews
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, reader
from dashboard.parts.case import relabel_form
from dashboard.parts.widgets import errors
from dashboard.url_state import CaseState
from db.vocabulary import Verdict

KEYS = {Verdict.MODEL_RIGHT: "1", Verdict.MODEL_WRONG: "2", Verdict.UNSURE: "3"}
RELABEL_KEY = "4"
NEEDS = "Write why and choose the answer first: a relabelled case carries its reason."
STYLE = """<style>.st-key-verdicts button{padding:.25rem .45rem}.st-key-verdicts button *{white-space:nowrap}</style>"""


def show(run: RunView, row: PredictionView, state: CaseState) -> None:
    """The buttons; a verdict is kept at once."""
    st.html(STYLE)
    st.markdown("**Verdict**")
    why = st.text_input(
        "Why",
        key=f"why_{row.id}",
        placeholder="why, or a note",
        label_visibility="collapsed",
        max_chars=comments.LONGEST,
    )
    with st.container(horizontal=True, gap="xsmall", key="verdicts"):
        for verdict, key in KEYS.items():
            if st.button(verdict.value.capitalize(), key=f"verdict_{verdict.name}", shortcut=key):
                _judge(row, verdict, why)
    said = relabel_form.choose(run, row, state)
    left, right = st.columns(2)
    if left.button(
        "Relabel",
        key="relabel",
        disabled=said is None or not why.strip(),
        type="primary",
        shortcut=RELABEL_KEY,
        width="stretch",
        help=NEEDS,
    ):
        _judge(row, Verdict.RELABELLED, why, **(said or {}))
    if right.button("Keep as note", key="note", disabled=not why.strip(), width="stretch"):
        _note(row, why)


def _judge(row: PredictionView, verdict: Verdict, why: str, **answer: Any) -> None:
    with errors.show_errors():
        reviews.judge(
            context.app_context().db,
            row.id,
            verdict=verdict,
            by=reader.reader(),
            key=secrets.token_hex(16),
            note=why.strip(),
            **answer,
        )
        st.session_state.pop(f"why_{row.id}", None)
        st.rerun()


def _note(row: PredictionView, why: str) -> None:
    with errors.show_errors():
        comments.comment(
            context.app_context().db,
            case_id=row.case_id,
            text=why.strip(),
            by=reader.reader(),
            key=secrets.token_hex(16),
        )
        st.session_state.pop(f"why_{row.id}", None)
        st.rerun()
