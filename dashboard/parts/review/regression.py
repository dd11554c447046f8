"""How near a run's numbers come: four figures with their intervals, and every case as a point that opens it."""

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.evaluation.regression import RegressionReport
from core.services.annotation import tasks
from core.services.evaluation import report as evaluation_report
from core.services.evaluation import review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import counts_patients
from dashboard import context, formatting, theme
from dashboard.parts.review import operating_point_state, test_access
from dashboard.parts.widgets import chart, metric_table
from dashboard.result_cache import cache_key, cached, review_source

TITLES = {"mae": "Mean absolute error", "rmse": "Root mean square error", "r2": "R²", "bias": "Bias"}


def show(found: ReviewData) -> None:
    """Figures, then predicted over true."""
    measure, told = unit(found), report(found)
    with st.container(key="figures"):
        columns = st.columns(len(TITLES))
    for column, (name, title) in zip(columns, TITLES.items(), strict=True):
        one, of = told.metrics[name], "" if name == "r2" else f" {measure}".rstrip()
        with column:
            st.metric(title, "undefined" if one.value is None else f"{one.value:.3g}{of}", help=one.note or None)
            st.caption(one.note if one.low is None else f"95 % interval {one.low:.3g} to {one.high:.3g}, n = {one.n:,}")
            if name == "rmse":
                st.caption(mean_square(told.metrics["mse"], measure))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{_counted(found, told)}; intervals resample whole patients {told.resamples:,} times. "
            "Bias is predicted minus true. "
            f"{test_access.test_view_sentence(found.state.split, found.run.id)}",
            width="stretch",
        )
        chart.csv_button(
            partial(metric_table.figures_csv, told.metrics), name=f"figures-run-{found.run.id}", key="figures"
        )
    _scatter(found, measure)


def unit(found: ReviewData) -> str:
    """What the numbers are measured in, such as mm."""
    return tasks.get(context.app_context().db, found.run.task_id).measure


def mean_square(one: MetricValue, measure: str) -> str:
    """`Mean square error 17.6 years² (95 % interval 12.1 to 23.1)`."""
    if one.value is None:
        return f"Mean square error: {one.note}"
    span = "" if one.low is None or one.high is None else f" (95 % interval {one.low:.3g} to {one.high:.3g})"
    return f"Mean square error {one.value:.3g} {formatting.escape_markdown(squared(measure))}".rstrip() + span


def squared(measure: str) -> str:
    """`years²`, `(mm Hg)²`."""
    return f"{measure}²" if measure.isalpha() else f"({measure})²" if measure else ""


def level(found: ReviewData) -> None:
    """Whether images are counted or patients, where some have several."""
    held = review_source().columns(found.run.id, found.state.split)
    if len(held.patients) == len(held.cases):
        return
    levels = list(review_point.NUMBER_LEVELS)
    st.selectbox(
        "Counted is",
        levels,
        levels.index("mean" if found.unit == "patient" else "image"),
        width=260,
        format_func=review_point.NUMBER_LEVELS.__getitem__,
        key="number_level",
        on_change=operating_point_state.queue_setting,
        args=("level", "number_level"),
        help="Of each patient the mean of what was predicted, against the mean of what is true.",
    )


def _counted(found: ReviewData, told: RegressionReport) -> str:
    patients = formatting.count(told.patients, "patient")
    return (
        f"{patients}, each counted once"
        if found.unit == "patient"
        else f"{formatting.count(told.images, 'case')} of {patients}"
    )


def report(found: ReviewData) -> RegressionReport:
    """Every figure of the numbers, with its interval."""
    wired = context.app_context()
    run, split = found.run.id, found.state.split
    per_patient = counts_patients(found.run, found.state)
    key = (*cache_key(run, split), "numbers", per_patient)
    return cached(key, lambda: evaluation_report.of_numbers(wired.db, run, split=split, per_patient=per_patient))


def _scatter(found: ReviewData, measure: str) -> None:
    held = review_source().numbers(found.run, found.state)
    true, told = held.truths[:, 0].tolist(), held.scores[:, 0].tolist()
    table: dict[str, Any] = {
        "case": held.cases.tolist(),
        "patient": held.names(),
        "true": true,
        "predicted": told,
        "error": [one - other for one, other in zip(told, true, strict=True)],
    }
    ends = [min(*true, *told), max(*true, *told)]
    plot = go.Figure(layout=theme.close(height=380))
    chart.guide(plot, ends, ends)
    plot.add_scatter(
        x=true,
        y=told,
        mode="markers",
        customdata=list(range(len(true))),
        marker={"color": theme.ACCENT, "size": 7, "opacity": 0.7},
        hovertemplate="true %{x:.3g}, predicted %{y:.3g}: open it<extra></extra>",
    )
    unit = f" ({measure})" if measure else ""
    plot.update_xaxes(title=f"true{unit}", showgrid=False, zeroline=False)
    plot.update_yaxes(title=f"predicted{unit}", showgrid=False, zeroline=False)
    chart.show(
        plot,
        table,
        title="Predicted over true",
        key="numbers",
        name=f"numbers-run-{found.run.id}",
        spans=[(one, one) for one in told],
        caption=f"Each point is a {found.unit}; the dashed line is where both agree. A click opens the "
        f"{found.unit}s with that prediction.",
    )
