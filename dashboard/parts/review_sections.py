"""What moves with the operating point, drawn again by itself: the point, one section at a time, the strip of cases."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.services.extent import Extent
from core.services.runs import RunView
from dashboard import asked
from dashboard.asked import Asked
from dashboard.parts import case_strip, marks, number_figures, point, run_choice, trust_banner
from dashboard.state import ReviewState

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


def show(run: RunView, asked_for: ReviewState, there: Extent) -> None:
    """The state lies in the URL, so that what was clicked here holds after a reload; `there` is what is predicted.

    A browser in a hurry may send the address of the question before: what the page above chose holds then.
    """
    if run_choice.left(asked_for):
        st.rerun()
    told = ReviewState.from_url()
    state = marks.taken(told if told.question == asked_for.question else asked_for)
    state = point.taken(run, point.settled(run, state))
    found = asked.of(run, state)
    if found.titles:
        point.show(found, state, there)
    else:
        number_figures.level(found)
    trust_banner.over(run)
    state = _section(found, state)
    state.to_url()
    body = st.container(key="section")
    with body:
        _draw(state.section, numbers=not found.titles)(found, state)
    case_strip.show(found, state)


def _section(found: Asked, state: ReviewState) -> ReviewState:
    offered = list(SECTIONS if found.scored is not None else OF_ALL if found.titles else OF_NUMBERS)
    if found.finding is None:
        offered = [one for one in offered if one != "findings"]
    if found.run.outside is not None:
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


def _draw(section: str, *, numbers: bool) -> Callable[[Asked, ReviewState], None]:
    """What draws a section; its module is loaded when it is first shown."""
    if section == "curves":
        from dashboard.parts import section_curves

        return lambda found, _: section_curves.show(found)
    if section == "calibration":
        from dashboard.parts import section_calibration

        return lambda found, _: section_calibration.show(found)
    if section == "decision":
        from dashboard.parts import section_decision

        return lambda found, _: section_decision.show(found)
    if section == "groups":
        from dashboard.parts import section_groups

        return section_groups.show
    if section == "findings":
        from dashboard.parts import section_findings

        return lambda found, _: section_findings.show(found)
    if section in OF_MODEL:
        from dashboard.parts import section_model

        return section_model.SECTIONS[section]
    if numbers:
        return lambda found, _: number_figures.show(found)
    from dashboard.parts import section_overview

    return section_overview.show
