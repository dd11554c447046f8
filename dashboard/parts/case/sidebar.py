"""The column beside a case: truth, models, readers, maps, verdict, neighbours, history."""

import streamlit as st

from core.services.annotation import case_history
from core.services.annotation.case_history import Line
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import batch_saliency, nearest_cases, predictions, saliency_controls, saliency_status, verdict
from dashboard.parts.case.viewer import ViewerLayout
from dashboard.url_state import CaseState, ReviewState


def show(run: RunView, row: PredictionView, state: CaseState, laid: ViewerLayout) -> CaseState:
    """Everything known of the case; gives the state with what should explain it."""
    st.page_link(
        "views/review.py",
        label="Back to the run",
        icon=":material/arrow_back:",
        query_params=ReviewState.like(state).query(),
    )
    lines = case_history.of(context.app_context().db, row.case_id)
    _reasons(row, lines)
    predictions.show(run, row, state)
    verdict.show(run, row, state)
    wanted = saliency_controls.controls(run, row, state)
    saliency_status.show(run, laid)
    batch_saliency.show(run, state)
    nearest_cases.show(run, row.case_id)
    _history(lines)
    return wanted


def _reasons(row: PredictionView, lines: list[Line]) -> None:
    """Why the case is out of use, or why it was relabelled."""
    why = case_history.excluded(context.app_context().db, row.image_id)
    if why:
        st.warning("This image is excluded.", icon=":material/block:")
        st.text(f"Reason: {why}")  # as text: what somebody wrote is no markup
    relabelled = next((one for one in lines if one.relabelled), None)
    if relabelled is not None:
        st.info(f"Relabelled {formatting.format_age(relabelled.at)}.", icon=":material/edit:")
        st.text(f"{relabelled.reader}: {relabelled.note or 'no reason was written'}")


def _history(lines: list[Line]) -> None:
    st.markdown("**History**")
    if not lines:
        st.caption("Nothing was said yet.")
    st.text("\n".join(_told(one) for one in lines))


def _told(one: Line) -> str:
    about = f" (run {one.run})" if one.run else ""
    return f"{formatting.format_age(one.at)} · {one.reader} · {one.text}{about}" + (f": {one.note}" if one.note else "")
