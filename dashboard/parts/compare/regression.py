"""Compare the errors of two regression runs: each metric of both, and the difference with its interval."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.services.evaluation.regression_comparison import NumbersCompared
from dashboard.parts.review import test_access
from dashboard.parts.review.regression import TITLES, squared
from dashboard.parts.widgets import metric_table


def show(compared: NumbersCompared) -> None:
    """Draw the table with its CSV and the note on what is compared."""
    metric_table.comparison(
        "Error metrics and differences",
        sides(compared),
        {metric: title(metric, compared.measure) for metric in compared.comparison.differences},
        compared.changes(),
        value=_value,
        signed=_signed,
        name=f"comparison-{compared.first}-{compared.second}",
    )
    st.caption(
        f"{compared.note} {test_access.test_view_sentence_pair(compared.split, compared.first, compared.second)}"
    )


def sides(compared: NumbersCompared) -> dict[str, Mapping[str, MetricValue]]:
    """Return the metrics of the baseline and the run, and run − baseline, each by its heading."""
    comparison = compared.comparison
    return {
        f"run {compared.first}": comparison.first.metrics,
        f"run {compared.second}": comparison.second.metrics,
        "difference": comparison.differences,
    }


def title(key: str, measure: str) -> str:
    """Return the title of a metric with its unit: `Mean absolute error (years; lower is better)`."""
    if key == "r2":
        return TITLES[key]
    unit = squared(measure) if key == "mse" else measure
    notes = "; ".join(filter(None, (unit, "lower is better")))
    return f"{(TITLES | {'mse': 'Mean squared error'})[key]} ({notes})"


def _value(figure: MetricValue) -> str:
    """Format `4.21 (3.1 to 5.3)`."""
    if figure.value is None:
        return "undefined"
    span = (
        ""
        if figure.ci_low is None or figure.ci_high is None
        else f" ({_plain(figure.ci_low)} to {_plain(figure.ci_high)})"
    )
    return f"{_plain(figure.value)}{span}"


def _plain(number: float) -> str:
    return f"{number:.4g}".replace("-", "−")


def _signed(number: float) -> str:
    return f"{number:+.4g}".replace("-", "−")
