"""What is told of the maps in the viewer: what their check came to, the badge of each, what its pictures counted."""

import streamlit as st

from core.services.saliency import map_warnings
from core.services.saliency.store import MapView
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import other_heads, saliency_badge
from dashboard.parts.case.saliency_request import Question
from dashboard.parts.case.viewer import ViewerLayout
from dashboard.parts.review import saliency_check
from dashboard.parts.widgets import errors
from dashboard.url_state import ReviewState


def show(run: RunView, laid: ViewerLayout) -> None:
    """Draw for each map that is shown and computed its title and badge, its check, and that it is no segmentation.

    When a map comes later, the viewer has the page drawn again.
    """
    shown = laid.shown()
    if not shown:
        return
    several = len({question.run for question in shown} | {run.id}) > 1
    with st.container(key="case_told", gap="xsmall"), errors.show_errors():
        for question, views in laid.maps.items():
            _maps(question, views, named=several)
        _checks(run, shown, named=several)
        st.caption("Maps show what moved the answer. They are not segmentations.")
    if len(laid.stack) > 1:
        _slices(shown, laid)


def _maps(one: Question, found: list[tuple[int, MapView | None]], *, named: bool) -> None:
    """A title and a badge for each picture that the map is shown of."""
    for image, view in found:
        if view is not None:
            st.markdown(formatting.escape_markdown((f"Run {one.run} · " if named else "") + view.title))
            saliency_badge.show(view, image)
    counted = next((view for _, view in found if view is not None), None)
    if counted is not None:
        other_heads.counted(counted)


def _checks(run: RunView, shown: dict[Question, list[int]], *, named: bool) -> None:
    """Each method of each run by its own check; where one is missing, the way to make it."""
    missing = {}
    for number, method in dict.fromkeys((one.run, one.method) for one in shown):
        about = run if number == run.id else runs.get(context.app_context().db, number)
        if not saliency_check.line(about, method, named=named):
            missing[number] = about
    for number in missing:
        st.page_link(
            "views/review.py",
            label=f"Check maps of run {number}",
            icon=":material/fact_check:",
            query_params=ReviewState(run=number, section="maps").query(),
        )


def _slices(shown: dict[Question, list[int]], laid: ViewerLayout) -> None:
    """The viewer scrolls; above stands the slice that it opens with, here every one."""
    if not st.toggle("Badges of every slice", key="case_slices"):
        return
    import pandas as pd

    wired, lines = context.app_context(), []
    with errors.show_errors():
        for one in shown:
            for number, image in enumerate(laid.stack, start=1):
                found = one.filed(image)
                told = (
                    map_warnings.map_warnings(wired.db, wired.settings, image, found).warnings if found else ("no map",)
                )
                lines.append(
                    {
                        "slice": number,
                        "run": one.run,
                        "map": found.method_title if found else one.method,
                        "badge": "; ".join(told) or "no warning",
                    }
                )
    st.dataframe(pd.DataFrame(lines), hide_index=True)
