"""Show the warnings and the saliency check of the maps in the viewer, and the weights of their images."""

from collections.abc import Sequence

import streamlit as st

from core.services.saliency import map_warnings
from core.services.saliency.store import MapView
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import other_heads, saliency_badge
from dashboard.parts.case.saliency_request import SaliencyRequest
from dashboard.parts.case.viewer import ViewerLayout
from dashboard.parts.review import saliency_check
from dashboard.parts.widgets import errors
from dashboard.url_state import ReviewState


def show(run: RunView, layout: ViewerLayout) -> None:
    """Draw the title, warnings and saliency check of each computed map that is shown.

    When another map arrives, the viewer reruns the page.
    """
    shown = layout.shown()
    if not shown:
        return
    is_named = len({one.run for one in shown} | {run.id}) > 1
    with st.container(key="case_told", gap="xsmall"), errors.show_errors():
        for request, maps in layout.maps.items():
            _draw_badges(request, maps, named=is_named)
        _draw_checks(run, shown, named=is_named)
        st.caption("Saliency maps show what influenced the prediction. They are not segmentations.")
    if len(layout.stack) > 1:
        _draw_slices(shown, layout)


def _draw_badges(request: SaliencyRequest, maps: list[tuple[int, MapView | None]], *, named: bool) -> None:
    """Draw the title and the warnings of the map of each image."""
    for image, saliency_map in maps:
        if saliency_map is not None:
            st.markdown(formatting.escape_markdown((f"Run {request.run} · " if named else "") + saliency_map.title))
            saliency_badge.show(saliency_map, image)
    first_map = next((saliency_map for _, saliency_map in maps if saliency_map is not None), None)
    if first_map is not None:
        other_heads.image_weights(first_map)


def _draw_checks(run: RunView, shown: dict[SaliencyRequest, list[int]], *, named: bool) -> None:
    """Draw the check result of each run and method, and a link to the check of each run that lacks one."""
    missing = {}
    for number, method in dict.fromkeys((request.run, request.method) for request in shown):
        run_of_map = run if number == run.id else runs.get(context.app_context().db, number)
        if not saliency_check.show_line(run_of_map, method, named=named):
            missing[number] = run_of_map
    for number in missing:
        st.page_link(
            "views/review.py",
            label=f"Check saliency maps of run {number}",
            icon=":material/fact_check:",
            query_params=ReviewState(run=number, split="val", section="maps").query(),
        )


def _draw_slices(shown: dict[SaliencyRequest, list[int]], layout: ViewerLayout) -> None:
    """Draw the warnings of every slice; those above are of the slice shown first."""
    if not st.toggle("Warnings of every slice", key="case_slices"):
        return
    import pandas as pd

    rows: list[dict[str, object]] = []
    with errors.show_errors():
        for request in shown:
            for number, image in enumerate(layout.stack, start=1):
                saliency_map = request.cached(image)
                warnings = _warnings(saliency_map, image)
                rows.append(
                    {
                        "slice": number,
                        "run": request.run,
                        "map": saliency_map.method_title if saliency_map else request.method,
                        "warnings": "; ".join(warnings) or "none",
                    }
                )
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _warnings(saliency_map: MapView | None, image: int) -> Sequence[str]:
    if saliency_map is None:
        return ("no map",)
    app = context.app_context()
    return map_warnings.map_warnings(app.db, app.settings, image, saliency_map).warnings
