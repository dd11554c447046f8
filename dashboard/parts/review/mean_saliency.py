"""The mean map of the cases of a list: heat that lies at one place of many pictures hints at a shortcut."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from core.explain import EXPLAINERS
from core.services.saliency import maps, mean_map
from core.services.saliency.mean_map import MeanMap
from core.services.training.runs import RunView
from dashboard import context, formatting, theme
from dashboard.parts.review import analysis_job
from dashboard.parts.widgets import chart, errors

TITLE = "Mean map of the cases below"


def show(run: RunView, case_ids: Sequence[int], *, said: str, split: str, finding: int | None = None) -> MeanMap | None:
    """The map with its caption, `said` names the list; while cases have no map, the button that makes the split's.

    Of findings the maps are of `finding`, else of the class that the model gives most to.
    """
    if run.external_source is not None or not case_ids:
        return None
    wired, found = context.app_context(), None
    with errors.show_errors():
        found = mean_map.mean(wired.db, wired.settings, run.id, case_ids, class_index=finding)
    if found is None or not found.values:
        st.markdown(f"**{TITLE}**")
    else:
        _draw(run, found, said, split)
    if found is None or len(found.cases) < found.of:
        _offer(run, found, said, split, finding)
    return found if found is not None and found.values else None


def _draw(run: RunView, found: MeanMap, said: str, split: str) -> None:
    plot = go.Figure(layout=theme.layout(height=300, margin={"l": 8, "r": 8, "t": 8, "b": 8}))
    plot.add_heatmap(z=found.values, zmin=0, zmax=1, colorscale="Inferno", showscale=False, hoverinfo="z")
    plot.update_xaxes(visible=False, constrain="domain")
    plot.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    name = f"mean-map-run-{run.id}-{split}"
    chart.show(plot, _cells(found), title=TITLE, key="trust_mean", name=name, caption=_caption(found, said))
    st.download_button(
        "Which cases",
        lambda: chart.as_csv({"case": found.cases}),
        f"{name}-cases.csv",
        "text/csv",
        key="trust_mean_cases",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help="The cases whose maps are in it",
    )


def _caption(found: MeanMap, said: str) -> str:
    way = EXPLAINERS[found.method]
    of = (
        f", {formatting.escape_markdown(found.class_name)}"
        if found.class_name
        else ", of each the class that the model gives most to"
    )
    some = f"{len(found.cases):,} of " * (len(found.cases) < found.of)
    return (
        f"{way.title}{of if way.by_class else ''}: mean over {some}{said}. It is not a segmentation; heat at one "
        "place of many pictures hints at a shortcut."
    )


def _cells(found: MeanMap) -> chart.Table:
    """A line for each cell of the map, from the upper left on; edges are shares of the picture's."""
    down, across = len(found.values), len(found.values[0])
    return {
        "top": [row / down for row in range(down) for _ in range(across)],
        "left": [column / across for _ in range(down) for column in range(across)],
        "heat": [one for row in found.values for one in row],
    }


def _offer(run: RunView, found: MeanMap | None, said: str, split: str, finding: int | None) -> None:
    """What a case is asked when its page opens, of the whole split."""
    if analysis_job.show_progress(run, "maps"):
        return
    some = found is not None and bool(found.values)
    method = maps.methods(run)[0][0]
    analysis_job.show_start(
        run,
        "maps",
        button="Make the maps of this split",
        asked={"split": split, "method": method, "class": -1 if finding is None else finding, "layer": ""},
        empty="The maps of the others are not made yet." if some else f"The maps of {said} are not made yet.",
    )
