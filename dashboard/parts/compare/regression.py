"""How far the errors of two runs are apart: every figure of both, and the difference with its interval."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.services.evaluation.regression_comparison import NumbersCompared
from dashboard.parts.review import test_access
from dashboard.parts.review.regression import TITLES, squared
from dashboard.parts.widgets import metric_table


def show(told: NumbersCompared) -> None:
    """The table with its CSV, and what is compared."""
    metric_table.comparison(
        "Errors and their differences",
        sides(told),
        {metric: title(metric, told.measure) for metric in told.found.differences},
        value=_value,
        signed=_signed,
        name=f"comparison-{told.first}-{told.second}",
    )
    st.caption(f"{told.note} {test_access.test_view_sentence_pair(told.split, told.first, told.second)}")


def sides(told: NumbersCompared) -> dict[str, Mapping[str, MetricValue]]:
    """Return the metrics of both runs and their difference, each by its heading."""
    found = told.found
    return {
        f"run {told.first}": found.first.metrics,
        f"run {told.second}": found.second.metrics,
        "difference": found.differences,
    }


def title(key: str, measure: str) -> str:
    """`Mean absolute error (years)`."""
    unit = "" if key == "r2" else squared(measure) if key == "mse" else measure
    return (TITLES | {"mse": "Mean square error"})[key] + (f" ({unit})" if unit else "")


def _value(figure: MetricValue) -> str:
    """Format `4.21 (3.1 to 5.3)`."""
    if figure.value is None:
        return "undefined"
    span = "" if figure.low is None or figure.high is None else f" ({_plain(figure.low)} to {_plain(figure.high)})"
    return f"{_plain(figure.value)}{span}"


def _plain(number: float) -> str:
    return f"{number:.4g}".replace("-", "−")


def _signed(number: float) -> str:
    return f"{number:+.4g}".replace("-", "−")
