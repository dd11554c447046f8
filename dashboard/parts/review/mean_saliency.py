"""Draw the mean saliency map of the listed cases: heat at one place of many images hints at a shortcut."""

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

TITLE = "Mean saliency map of the cases below"


def show(
    run: RunView, case_ids: Sequence[int], *, description: str, split: str, finding: int | None = None
) -> MeanMap | None:
    """Draw the mean map; while cases lack a map, also the button that computes those of the split.

    Args:
        run: The run.
        case_ids: The cases to average.
        description: The cases in words, for the caption.
        split: The split that the button computes maps of.
        finding: The finding or class to explain; None: the predicted class of each case.
    """
    if run.external_source is not None or not case_ids:
        return None
    app, mean = context.app_context(), None
    with errors.show_errors():
        mean = mean_map.mean_map(app.db, app.settings, run.id, case_ids, class_index=finding)
    if mean is None or not mean.values:
        st.markdown(f"**{TITLE}**")
    else:
        _draw(run, mean, description, split)
    if mean is None or len(mean.cases) < mean.of:
        _show_start(run, mean, description, split, finding)
    return mean if mean is not None and mean.values else None


def _draw(run: RunView, mean: MeanMap, description: str, split: str) -> None:
    plot = go.Figure(layout=theme.layout(height=300, margin={"l": 8, "r": 8, "t": 8, "b": 8}))
    plot.add_heatmap(z=mean.values, zmin=0, zmax=1, colorscale="Inferno", showscale=False, hoverinfo="z")
    plot.update_xaxes(visible=False, constrain="domain")
    plot.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    name = f"mean-map-run-{run.id}-{split}"
    chart.show(plot, _cells(mean), title=TITLE, key="trust_mean", name=name, caption=_caption(mean, description))
    st.download_button(
        "Case list",
        lambda: chart.as_csv({"case": mean.cases}),
        f"{name}-cases.csv",
        "text/csv",
        key="trust_mean_cases",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help="Cases included in the mean map",
    )


def _caption(mean: MeanMap, description: str) -> str:
    explainer = EXPLAINERS[mean.method]
    class_note = (
        f", {formatting.escape_markdown(mean.class_name)}" if mean.class_name else ", predicted class of each case"
    )
    sample = f"{len(mean.cases):,} of " * (len(mean.cases) < mean.of) + description
    return (
        f"{explainer.title}{class_note if explainer.by_class else ''}: mean over {sample}. Heat at the same place "
        "in many images can indicate a shortcut. A saliency map is not a segmentation."
    )


def _cells(mean: MeanMap) -> chart.Table:
    """Return one row per cell of the map, from the upper left; edges are fractions of the image size."""
    down, across = len(mean.values), len(mean.values[0])
    return {
        "top": [row / down for row in range(down) for _ in range(across)],
        "left": [column / across for _ in range(down) for column in range(across)],
        "heat": [value for row in mean.values for value in row],
    }


def _show_start(run: RunView, mean: MeanMap | None, description: str, split: str, finding: int | None) -> None:
    """Draw the button that computes the maps of the whole split, with the settings of a newly opened Case page."""
    if analysis_job.show_progress(run, "maps"):
        return
    some = mean is not None and bool(mean.values)
    method = maps.methods(run)[0][0]
    analysis_job.show_start(
        run,
        "maps",
        button="Compute maps of this split",
        request={"split": split, "method": method, "class": -1 if finding is None else finding, "layer": ""},
        empty="Maps of the other cases have not been computed."
        if some
        else f"Maps of {description} have not been computed.",
    )
