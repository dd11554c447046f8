"""How near a run's numbers come: four figures with their intervals, and every case as a point."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.regression import NumberReport
from core.services import evaluating
from core.services.predicting import PredictionView
from dashboard import look, wiring

TITLES = {"mae": "Mean absolute error", "rmse": "Root mean square error", "r2": "R²", "bias": "Bias"}


def show(run_id: int, split: str, rows: Sequence[PredictionView], measure: str) -> None:
    """Figures, then predicted over true."""
    found = _report(run_id, split, hash(tuple((row.id, row.probabilities) for row in rows)))
    with st.container(key="figures"):
        columns = st.columns(len(TITLES))
    for column, (name, title) in zip(columns, TITLES.items(), strict=True):
        one, unit = found.metrics[name], "" if name == "r2" else f" {measure}".rstrip()
        with column:
            st.metric(title, "undefined" if one.value is None else f"{one.value:.3g}{unit}", help=one.note or None)
            st.caption(one.note if one.low is None else f"95 % interval {one.low:.3g} to {one.high:.3g}, n = {one.n:,}")
    st.caption(
        f"{look.count(found.images, 'image')} of {look.count(found.patients, 'patient')}; "
        f"intervals resample whole patients {found.resamples:,} times. Bias is predicted minus true."
    )
    _scatter(rows, measure)


@st.cache_data(max_entries=20, show_spinner="Resampling by patient …")
def _report(run_id: int, split: str, _content: int) -> NumberReport:
    return evaluating.of_numbers(wiring.here().db, run_id, split=split)


def _scatter(rows: Sequence[PredictionView], measure: str) -> None:
    import pandas as pd

    true, told = [row.truth for row in rows], [row.probabilities[0] for row in rows]
    if st.toggle("As a table", key="numbers_table"):
        table = {"case": [row.case_id for row in rows], "patient": [row.patient for row in rows], "true": true,
                 "predicted": told, "error": [row.error for row in rows]}  # fmt: skip
        st.dataframe(pd.DataFrame(table), hide_index=True, height=340)
        return
    ends = [min(*true, *told), max(*true, *told)]
    plot = go.Figure(layout=look.layout(height=420))
    plot.add_scatter(x=ends, y=ends, mode="lines", hoverinfo="skip",
                     line={"dash": "dash", "color": look.NEUTRAL, "width": 1})  # fmt: skip
    plot.add_scatter(x=true, y=told, mode="markers", marker={"color": look.ACCENT, "size": 7, "opacity": 0.7},
                     hovertemplate="true %{x:.3g}, predicted %{y:.3g}<extra></extra>")  # fmt: skip
    unit = f" ({measure})" if measure else ""
    plot.update_xaxes(title=f"true{unit}", showgrid=False, zeroline=False)
    plot.update_yaxes(title=f"predicted{unit}", showgrid=False, zeroline=False)
    st.plotly_chart(plot, key="numbers", config={"displayModeBar": False}, alt="Predicted over true value of each case")
