"""Draw the buttons for the verdict on a case, with its reason; the buttons name their keys."""

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
RELABEL_HELP = "Select the correct answer and enter a reason first."
STYLE = """<style>.st-key-verdicts button{padding:.25rem .45rem}.st-key-verdicts button *{white-space:nowrap}</style>"""


def show(run: RunView, row: PredictionView, state: CaseState) -> None:
    """Draw the buttons; a click saves the verdict at once."""
    st.html(STYLE)
    st.markdown("**Verdict**")
    reason = st.text_input(
        "Reason",
        key=f"why_{row.id}",
        placeholder="reason or note",
        label_visibility="collapsed",
        max_chars=comments.LONGEST,
    )
    with st.container(horizontal=True, gap="xsmall", key="verdicts"):
        for verdict, key in KEYS.items():
            if st.button(verdict.value.capitalize(), key=f"verdict_{verdict.name}", shortcut=key):
                _judge(row, verdict, reason)
    answer = relabel_form.choose(run, row, state)
    left, right = st.columns(2)
    if left.button(
        "Relabel",
        key="relabel",
        disabled=answer is None or not reason.strip(),
        type="primary",
        shortcut=RELABEL_KEY,
        width="stretch",
        help=RELABEL_HELP,
    ):
        _judge(row, Verdict.RELABELLED, reason, **(answer or {}))
    if right.button("Save note", key="note", disabled=not reason.strip(), width="stretch"):
        _note(row, reason)


def _judge(row: PredictionView, verdict: Verdict, reason: str, **answer: Any) -> None:
    with errors.show_errors():
        reviews.judge(
            context.app_context().db,
            row.id,
            verdict=verdict,
            by=reader.reader(),
            key=secrets.token_hex(16),
            note=reason.strip(),
            **answer,
        )
        st.session_state.pop(f"why_{row.id}", None)
        st.rerun()


def _note(row: PredictionView, reason: str) -> None:
    with errors.show_errors():
        comments.comment(
            context.app_context().db,
            case_id=row.case_id,
            text=reason.strip(),
            by=reader.reader(),
            key=secrets.token_hex(16),
        )
        st.session_state.pop(f"why_{row.id}", None)
        st.rerun()
