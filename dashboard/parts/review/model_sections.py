"""Draw the sections about the model itself: saliency maps, shortcuts and label errors."""

from collections.abc import Callable

import streamlit as st

from core.services.evaluation import review_point
from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import ReviewData
from dashboard import formatting
from dashboard.parts.review import case_list, label_errors, mean_saliency, saliency_check
from dashboard.parts.review import shortcuts as review_shortcuts
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState


def maps(data: ReviewData, state: ReviewState) -> None:
    """Draw the saliency check beside the mean map of the listed cases."""
    with st.container(key="plots"):
        left, right = st.columns([1.4, 1], gap="large")
    with left:
        saliency_check.show(data.run)
    rows = selected_rows(review_source(), data, state)
    selected = case_list.describe_selection(data, state)
    description = formatting.count(len(rows), data.unit) + (f" ({selected})" if selected else "")
    with right:
        mean_saliency.show(
            data.run,
            data.cases[rows].tolist(),
            description=formatting.escape_markdown(description),
            split=state.split,
            finding=review_point.class_in_question(review_source(), data.run, state),
        )


def shortcuts(data: ReviewData, _state: ReviewState) -> None:
    """Draw the test for shortcuts."""
    review_shortcuts.show(data.run)


def suspects(data: ReviewData, _state: ReviewState) -> None:
    """Draw the likely label errors of the training set."""
    label_errors.show(data.run)


SECTIONS: dict[str, Callable[[ReviewData, ReviewState], None]] = {
    "maps": maps,
    "shortcuts": shortcuts,
    "suspects": suspects,
}
