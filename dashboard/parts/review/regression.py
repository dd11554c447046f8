"""Show the error metrics of a regression run with their intervals, and every case as a clickable point."""

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
from dashboard.page_cache import cached
from dashboard.parts.review import operating_point_state, test_access
from dashboard.parts.widgets import chart, metric_table
from dashboard.result_cache import cache_key, review_source

TITLES = {"mae": "Mean absolute error", "rmse": "Root mean squared error", "r2": "R²", "bias": "Bias"}


def show(data: ReviewData) -> None:
    """Draw the metrics, then the predicted against the reference values."""
    measure, result = unit(data), report(data)
    with st.container(key="figures"):
        columns = st.columns(len(TITLES))
    for column, (name, title) in zip(columns, TITLES.items(), strict=True):
        metric, suffix = result.metrics[name], "" if name == "r2" else f" {measure}".rstrip()
        with column:
            st.metric(
                title, "undefined" if metric.value is None else f"{metric.value:.3g}{suffix}", help=metric.note or None
            )
            st.caption(
                metric.note
                if metric.ci_low is None
                else f"95 % CI {metric.ci_low:.3g} to {metric.ci_high:.3g}, n = {metric.n:,}"
            )
            if name == "rmse":
                st.caption(mean_square(result.metrics["mse"], measure))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{_sample_text(data, result)}. CI: patient-level bootstrap, {result.resamples:,} resamples. "
            "Bias: predicted minus reference. "
            f"{test_access.test_view_sentence(data.state.split, data.run.id)}",
            width="stretch",
        )
        chart.csv_button(
            partial(metric_table.figures_csv, result.metrics), name=f"figures-run-{data.run.id}", key="figures"
        )
    _draw_scatter(data, measure)


def unit(data: ReviewData) -> str:
    """Return the unit of the numbers, such as mm."""
    return tasks.get(context.app_context().db, data.run.task_id).measure


def mean_square(metric: MetricValue, measure: str) -> str:
    """Return `Mean squared error 17.6 years² (95 % CI 12.1 to 23.1)`."""
    if metric.value is None:
        return f"Mean squared error: {metric.note}"
    span = (
        ""
        if metric.ci_low is None or metric.ci_high is None
        else f" (95 % CI {metric.ci_low:.3g} to {metric.ci_high:.3g})"
    )
    return f"Mean squared error {metric.value:.3g} {formatting.escape_markdown(squared(measure))}".rstrip() + span


def squared(measure: str) -> str:
    """Return the unit squared: `years²`, `(mm Hg)²`."""
    return f"{measure}²" if measure.isalpha() else f"({measure})²" if measure else ""


def level(data: ReviewData) -> None:
    """Draw the choice between images and patients as the unit of analysis, if some patients have several images."""
    columns = review_source().columns(data.run.id, data.state.split)
    if len(columns.patients) == len(columns.cases):
        return
    levels = list(review_point.NUMBER_LEVELS)
    st.selectbox(
        "Unit of analysis",
        levels,
        levels.index("mean" if data.unit == "patient" else "image"),
        width=260,
        format_func=review_point.NUMBER_LEVELS.__getitem__,
        key="number_level",
        on_change=operating_point_state.queue_setting,
        args=("level", "number_level"),
        help="Per patient, the mean prediction is compared with the mean reference value.",
    )


def _sample_text(data: ReviewData, result: RegressionReport) -> str:
    patients = formatting.count(result.patients, "patient")
    return (
        f"{patients}, one value each"
        if data.unit == "patient"
        else f"{formatting.count(result.images, 'case')} of {patients}"
    )


def report(data: ReviewData) -> RegressionReport:
    """Return every error metric with its interval, cached."""
    app = context.app_context()
    run, split = data.run.id, data.state.split
    per_patient = counts_patients(data.run, data.state)
    key = (*cache_key(run, split), "numbers", per_patient)
    return cached(key, lambda: evaluation_report.evaluate_regression(app.db, run, split=split, per_patient=per_patient))


def _draw_scatter(data: ReviewData, measure: str) -> None:
    numbers = review_source().numbers(data.run, data.state)
    reference, predicted = numbers.truths[:, 0].tolist(), numbers.scores[:, 0].tolist()
    table: dict[str, Any] = {
        "case": numbers.cases.tolist(),
        "patient": numbers.names(),
        "reference": reference,
        "predicted": predicted,
        "error": [p - r for p, r in zip(predicted, reference, strict=True)],
    }
    ends = [min(*reference, *predicted), max(*reference, *predicted)]
    plot = go.Figure(layout=theme.close(height=380))
    chart.guide(plot, ends, ends)
    plot.add_scatter(
        x=reference,
        y=predicted,
        mode="markers",
        customdata=list(range(len(reference))),
        marker={"color": theme.ACCENT, "size": 7, "opacity": 0.7},
        hovertemplate="reference %{x:.3g}, predicted %{y:.3g}; click to list<extra></extra>",
    )
    unit = f" ({measure})" if measure else ""
    plot.update_xaxes(title=f"reference{unit}", showgrid=False, zeroline=False)
    plot.update_yaxes(title=f"predicted{unit}", showgrid=False, zeroline=False)
    chart.show(
        plot,
        table,
        title="Predicted vs. reference",
        key="numbers",
        name=f"numbers-run-{data.run.id}",
        spans=[(value, value) for value in predicted],
        caption=f"Each point is a {data.unit}. Dashed: perfect agreement. Click a point to list the "
        f"{data.unit}s with that prediction.",
    )
