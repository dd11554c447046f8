"""What is known of a run's model itself: its maps, what its features give away, the labels it was taught with."""

from collections.abc import Callable

import streamlit as st

from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import ReviewData
from dashboard import formatting
from dashboard.parts.review import case_list, label_errors, mean_saliency, saliency_check
from dashboard.parts.review import shortcuts as review_shortcuts
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState


def maps(found: ReviewData, state: ReviewState) -> None:
    """What the saliency check says, and the mean map of the cases in the strip."""
    with st.container(key="plots"):
        left, right = st.columns([1.4, 1], gap="large")
    with left:
        saliency_check.show(found.run)
    rows = selected_rows(review_source(), found, state)
    told = case_list.words(found, state)
    said = formatting.count(len(rows), found.unit) + (f" ({told})" if told else "")
    with right:
        mean_saliency.show(
            found.run,
            found.cases[rows].tolist(),
            said=formatting.escape_markdown(said),
            split=state.split,
            finding=found.finding,
        )


def shortcuts(found: ReviewData, _state: ReviewState) -> None:
    """The shortcut alarm."""
    review_shortcuts.show(found.run)


def suspects(found: ReviewData, _state: ReviewState) -> None:
    """Labels of the training set that are likely wrong."""
    label_errors.show(found.run)


SECTIONS: dict[str, Callable[[ReviewData, ReviewState], None]] = {
    "maps": maps,
    "shortcuts": shortcuts,
    "suspects": suspects,
}
