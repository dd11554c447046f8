"""Draw the confusion matrix beside the metrics with their intervals; a click on a cell lists its cases."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_metrics import point_metrics
from dashboard.parts.widgets import chart, confusion_matrix, metric_table, selection
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState


def show(data: ReviewData, state: ReviewState, metrics: Callable[[ReviewData, ReviewState], None]) -> None:
    """Draw the confusion matrix left, and right what `metrics` draws."""
    with st.container(key="overview"):
        left, right = st.columns([1, 1.55], gap="large")
    with left:
        st.markdown("**Confusion matrix**")
        confusion_matrix.show(
            data.matrix(),
            data.titles,
            chosen=(state.truth, state.called),
            at=data.threshold,
            unit=f"{data.unit}s",
            key="matrix",
            opened=_on_opened,
        )
        _matrix_csv(data)
    with right:
        metrics(data, state)


def binary_metrics(data: ReviewData, state: ReviewState) -> None:
    """Draw the metrics of a binary question at its operating point."""
    name = f"figures-run-{data.run.id}-{state.split}"
    metric_table.table(point_metrics(review_source(), data, state.prevalence), name=name, at=f"{data.threshold!r}")


def _matrix_csv(data: ReviewData) -> None:
    counts, titles = data.matrix(), data.titles
    columns = {"truth": list(titles)}
    predicted: dict[str, Any] = {f"called {title}": [row[at] for row in counts] for at, title in enumerate(titles)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Click a cell to list its cases below.", width="stretch")
        chart.csv_button(partial(chart.as_csv, columns | predicted), name=f"matrix-run-{data.run.id}", key="matrix")


def _on_opened(cell: tuple[int, int]) -> None:
    if cell[0] < 0:
        selection.select()
    else:
        selection.select(truth=cell[0], called=cell[1])
