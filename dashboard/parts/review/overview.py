"""The matrix beside the figures with their intervals; every cell opens its cases."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_metrics import point_metrics
from dashboard.parts.widgets import chart, confusion_matrix, metric_table, selection
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState


def show(found: ReviewData, state: ReviewState, metrics: Callable[[ReviewData, ReviewState], None]) -> None:
    """Draw the confusion matrix left, and right what `metrics` draws."""
    with st.container(key="overview"):
        left, right = st.columns([1, 1.55], gap="large")
    with left:
        st.markdown("**Confusion matrix**")
        confusion_matrix.show(
            found.matrix(),
            found.titles,
            chosen=(state.truth, state.called),
            at=found.threshold,
            unit=f"{found.unit}s",
            key="matrix",
            opened=_opened,
        )
        _matrix_csv(found)
    with right:
        metrics(found, state)


def of_two(found: ReviewData, state: ReviewState) -> None:
    """Draw the metrics of a yes/no question at its operating point."""
    name = f"figures-run-{found.run.id}-{state.split}"
    metric_table.table(point_metrics(review_source(), found, state.prevalence), name=name, at=f"{found.threshold!r}")


def _matrix_csv(found: ReviewData) -> None:
    counts, titles = found.matrix(), found.titles
    columns = {"truth": list(titles)}
    told: dict[str, Any] = {f"called {title}": [row[at] for row in counts] for at, title in enumerate(titles)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("A cell opens its cases below.", width="stretch")
        chart.csv_button(partial(chart.as_csv, columns | told), name=f"matrix-run-{found.run.id}", key="matrix")


def _opened(cell: tuple[int, int]) -> None:
    if cell[0] < 0:
        selection.select()
    else:
        selection.select(truth=cell[0], called=cell[1])
