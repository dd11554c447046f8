"""What moves with the operating point, drawn again by itself: the point, one section at a time, the strip of cases."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.services.evaluation.review_data import ReviewData, review_data
from core.services.predictions.coverage import Coverage
from core.services.training.runs import RunView
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

SECTIONS = {
    "overview": "Matrix and figures",
    "curves": "Curves",
    "calibration": "Calibration",
    "decision": "Decision",
    "groups": "Groups",
    "findings": "All findings",
    "maps": "Maps",
    "shortcuts": "Shortcuts",
    "suspects": "Suspected labels",
}
OF_MODEL = ("maps", "shortcuts", "suspects")  # what only a model has that was trained here
OF_ALL = ("overview", *OF_MODEL)  # what more than two classes have at once
OF_NUMBERS = ("overview", "groups", "maps", "shortcuts")
DRAWN: Mapping[str, Callable[[ReviewData, ReviewState], None]] = {
    "curves": lambda data, _: curves.show(data),
    "calibration": lambda data, _: calibration.show(data),
    "decision": lambda data, _: decision_curve.show(data),
    "groups": subgroups.show,
    "findings": lambda data, _: multilabel.show(data),
}


def show(run: RunView, asked_for: ReviewState, there: Coverage) -> None:
    """The state lies in the URL, so that what was clicked here holds after a reload; `there` is what is predicted.

    A browser in a hurry may send the address of the question before: what the page above chose holds then.
    """
    if run_picker.left(asked_for):
        st.rerun()
    told = ReviewState.from_url()
    state = selection.apply_selection(told if told.question == asked_for.question else asked_for)
    state = operating_point_state.apply_moves(run, operating_point_state.apply_settings(run, state))
    found = review_data(review_source(), run, state)
    if found.titles:
        operating_point.show(found, state, there)
    else:
        regression.level(found)
    saliency_check.over(run)
    state = _section(found, state)
    state.to_url()
    body = st.container(key="section")
    with body:
        _draw(found, state)
    case_list.show(found, state)


def _section(found: ReviewData, state: ReviewState) -> ReviewState:
    offered = list(SECTIONS if found.scored is not None else OF_ALL if found.titles else OF_NUMBERS)
    if found.finding is None:
        offered = [one for one in offered if one != "findings"]
    if found.run.external_source is not None:
        offered = [one for one in offered if one not in OF_MODEL]
        st.caption(f"No maps, no features: the predictions of run {found.run.id} were made elsewhere.")
    if len(offered) == 1:
        return replace(state, section="")
    titles = SECTIONS if found.titles else SECTIONS | {"overview": "Figures"}
    shown = state.section if state.section in offered else offered[0]
    chosen = st.segmented_control(
        "Section",
        offered,
        default=shown,
        required=True,
        key="review_section",
        format_func=titles.__getitem__,
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
        overview.show(data, state, multiclass.show if data.scored is None else overview.of_two)
