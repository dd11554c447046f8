"""Draw the column beside a case: labels, predictions, verdict, saliency maps, nearest cases and history."""

import streamlit as st

from core.services.annotation import case_history
from core.services.annotation.case_history import HistoryEntry
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import batch_saliency, nearest_cases, predictions, saliency_controls, saliency_status, verdict
from dashboard.parts.case.viewer import ViewerLayout
from dashboard.url_state import CaseState, ReviewState


def show(run: RunView, row: PredictionView, state: CaseState, laid: ViewerLayout) -> CaseState:
    """Draw the column; return the state with the selected saliency maps."""
    st.page_link(
        "views/review.py",
        label="Back to the run",
        icon=":material/arrow_back:",
        query_params=ReviewState.like(state).query(),
    )
    entries = case_history.case_history(context.app_context().db, row.case_id)
    _show_reasons(row, entries)
    predictions.show(run, row, state)
    verdict.show(run, row, state)
    new_state = saliency_controls.controls(run, row, state)
    saliency_status.show(run, laid)
    batch_saliency.show(run, state)
    nearest_cases.show(run, row.case_id)
    _show_history(entries)
    return new_state


def _show_reasons(row: PredictionView, entries: list[HistoryEntry]) -> None:
    """Draw why the image is excluded, or why the case was relabelled."""
    exclusion = case_history.exclusion_reason(context.app_context().db, row.image_id)
    if exclusion:
        st.warning("This image is excluded.", icon=":material/block:")
        st.text(f"Reason: {exclusion}")  # as text: a reason is not Markdown
    relabelling = next((entry for entry in entries if entry.relabelled), None)
    if relabelling is not None:
        st.info(f"Relabelled {formatting.format_age(relabelling.at)}.", icon=":material/edit:")
        st.text(f"{relabelling.reader}: {relabelling.note or 'no reason given'}")


def _show_history(entries: list[HistoryEntry]) -> None:
    st.markdown("**History**")
    if not entries:
        st.caption("No entries yet.")
    st.text("\n".join(_entry_text(entry) for entry in entries))


def _entry_text(entry: HistoryEntry) -> str:
    about = f" (run {entry.run})" if entry.run else ""
    return f"{formatting.format_age(entry.at)} · {entry.reader} · {entry.text}{about}" + (
        f": {entry.note}" if entry.note else ""
    )
