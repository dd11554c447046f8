"""The column beside a case: truth, models, readers, maps, verdict, neighbours, history."""

import streamlit as st

from core.services import case_history
from core.services.case_history import Line
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import look, wiring
from dashboard.parts import case_all, case_answers, case_maps, case_told, case_verdict, trust_neighbours
from dashboard.parts.case_viewer import Laid
from dashboard.state import CaseState, ReviewState


def show(run: RunView, row: PredictionView, state: CaseState, laid: Laid) -> CaseState:
    """Everything known of the case; gives the state with what should explain it."""
    st.page_link(
        "views/review.py",
        label="Back to the run",
        icon=":material/arrow_back:",
        query_params=ReviewState.like(state).query(),
    )
    lines = case_history.of(wiring.here().db, row.case_id)
    _reasons(row, lines)
    case_answers.show(run, row, state)
    case_verdict.show(run, row, state)
    wanted = case_maps.choose(run, row, state)
    case_told.show(run, laid)
    case_all.show(run, state)
    trust_neighbours.show(run, row.case_id)
    _history(lines)
    return wanted


def _reasons(row: PredictionView, lines: list[Line]) -> None:
    """Why the case is out of use, or why it was relabelled."""
    why = case_history.excluded(wiring.here().db, row.image_id)
    if why:
        st.warning("This image is excluded.", icon=":material/block:")
        st.text(f"Reason: {why}")  # as text: what somebody wrote is no markup
    relabelled = next((one for one in lines if one.relabelled), None)
    if relabelled is not None:
        st.info(f"Relabelled {look.ago(relabelled.at)}.", icon=":material/edit:")
        st.text(f"{relabelled.reader}: {relabelled.note or 'no reason was written'}")


def _history(lines: list[Line]) -> None:
    st.markdown("**History**")
    if not lines:
        st.caption("Nothing was said yet.")
    st.text("\n".join(_told(one) for one in lines))


def _told(one: Line) -> str:
    about = f" (run {one.run})" if one.run else ""
    return f"{look.ago(one.at)} · {one.reader} · {one.text}{about}" + (f": {one.note}" if one.note else "")
