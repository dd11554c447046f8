"""The mean map of the cases of a list: heat that lies at one place of many pictures hints at a shortcut."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from core.services import mean_maps
from core.services.mean_maps import MeanMap
from core.services.runs import RunView
from dashboard import look, wiring
from dashboard.parts import mishap, trust_job


def show(run: RunView, case_ids: Sequence[int], *, said: str, method: str = "") -> MeanMap | None:
    """The map with its caption, `said` names the list; where no map is filed, the button that makes them."""
    if run.outside is not None or not case_ids:
        return None
    wired, found = wiring.here(), None
    with mishap.as_sentence():
        found = mean_maps.mean(wired.db, wired.settings, run.id, case_ids, method)
    if found is None or not found.values:
        trust_job.show(run, "maps", button="Make the maps of this split",
                       empty=f"The maps of {said} are not made yet.")  # fmt: skip
        return None
    plot = go.Figure(layout=look.layout(height=300, margin={"l": 8, "r": 8, "t": 8, "b": 8}))
    plot.add_heatmap(z=found.values, zmin=0, zmax=1, colorscale="Inferno", showscale=False, hoverinfo="z")
    plot.update_xaxes(visible=False, constrain="domain")
    plot.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    st.plotly_chart(plot, key="trust_mean", config={"displayModeBar": False}, alt=f"Mean map of {said}")
    st.caption(f"Mean map of {said}: {found.n:,} of {look.count(found.of, 'case')} have their map. It is not a "
               "segmentation; heat at one place of many pictures hints at a shortcut.")  # fmt: skip
    return found
