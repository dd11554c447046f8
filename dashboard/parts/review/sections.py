"""Draw the fragment that follows the operating point: the slider, the selected section and the case list."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.services.evaluation.review_data import ReviewData, review_data
from core.services.predictions.coverage import Coverage
from core.services.training.runs import RunView
from dashboard import url_history
from dashboard.links import section_names
from dashboard.parts.review import (
    calibration,
    case_list,
    curves,
    decision_curve,
    model_sections,
    multiclass,
    multilabel,
    operating_point,
    operating_point_state,
    overview,
    regression,
    run_picker,
    saliency_check,
    subgroups,
)
from dashboard.parts.widgets import selection
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState

DRAWN: Mapping[str, Callable[[ReviewData, ReviewState], None]] = {
    "curves": lambda data, _: curves.show(data),
    "calibration": lambda data, _: calibration.show(data),
    "decision": lambda data, _: decision_curve.show(data),
    "groups": subgroups.show,
    "findings": lambda data, _: multilabel.show(data),
}


def show(run: RunView, page_state: ReviewState, coverage: Coverage) -> None:
    """Draw the fragment; the URL holds its state, so that a reload keeps what was clicked.

    The browser may still send the URL of the previous question; the state that the page selected then holds.

    Args:
        run: The run.
        page_state: The state that the page above selected.
        coverage: What is predicted of the split.
    """
    if run_picker.has_changed(page_state):
        st.rerun()
    url_state = ReviewState.from_url()
    state = selection.apply_selection(url_state if url_state.question == page_state.question else page_state)
    state = operating_point_state.apply_moves(run, operating_point_state.apply_settings(run, state))
    data = review_data(review_source(), run, state)
    if data.titles:
        operating_point.show(data, state, coverage)
    else:
        regression.level(data)
    saliency_check.show_banners(run)
    state = _section(data, state)
    state.to_url()
    body = st.container(key="section")
    with body:
        _draw(data, state)
    case_list.show(data, state)


def _section(data: ReviewData, state: ReviewState) -> ReviewState:
    offered = section_names.offered(data.run, state.positive)
    if data.run.external_source is not None:
        st.caption(
            f"Run {data.run.id} has external predictions: saliency maps and analyses of the model are not available."
        )
    if len(offered) == 1:
        return replace(state, section="")
    shown = state.section if state.section in offered else offered[0]
    url_history.follow("review_section", shown)
    chosen = st.segmented_control(
        "Section",
        offered,
        required=True,
        key="review_section",
        format_func=section_names.SECTIONS.__getitem__,
        label_visibility="collapsed",
    )
    return replace(state, section="" if chosen == offered[0] else chosen or "")


def _draw(data: ReviewData, state: ReviewState) -> None:
    if state.section in model_sections.SECTIONS:
        model_sections.SECTIONS[state.section](data, state)
    elif state.section:
        DRAWN[state.section](data, state)
    elif not data.titles:
        regression.show(data)
    else:
        overview.show(data, state, multiclass.show if data.scored is None else overview.binary_metrics)
