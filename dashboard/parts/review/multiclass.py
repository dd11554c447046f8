"""Show the metrics of more than two classes: over all classes, and of each class against the rest."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.evaluation.report import Report
from core.services.evaluation import report as evaluation_report
from core.services.evaluation.review_data import ReviewData
from dashboard import context
from dashboard.page_cache import cached
from dashboard.parts.review import test_access
from dashboard.parts.widgets import metric_table
from dashboard.result_cache import cache_key
from dashboard.url_state import ReviewState

COLUMNS = ("auroc", "sensitivity", "ppv", "f1")


def show(data: ReviewData, state: ReviewState) -> None:
    """Draw the means over classes, then a row for each class."""
    metrics, name = report(data), f"run-{data.run.id}-{state.split}"
    classes = by_class(metrics, data.titles)
    metric_table.table(metrics.metrics, name=f"figures-{name}")
    metric_table.by_row("Each class vs. the rest", classes, COLUMNS, of="class", name=f"classes-{name}", key="classes")
    ci_note = metric_table.intervals(per_class[column] for per_class in classes.values() for column in COLUMNS)
    st.caption(
        "The predicted class of an image is the most probable one. Select a class above to analyse patients or to set "
        f"its operating point. {ci_note} The CSV contains every metric of each class. "
        f"{test_access.test_view_sentence(state.split, data.run.id)}"
    )


def report(data: ReviewData) -> Report:
    """Return the report of all classes, cached as long as the predictions stay the same."""
    db, run, split = context.app_context().db, data.run.id, data.state.split
    return cached((*cache_key(run, split), "report"), lambda: evaluation_report.evaluate(db, run, split=split))


def by_class(metrics: Report, titles: Sequence[str]) -> dict[str, Mapping[str, MetricValue]]:
    """Return the metrics of each class against the rest, by its title."""
    named_titles = zip(metrics.classes, titles, strict=True)
    return {title: metrics.per_class[name] for name, title in named_titles if name in metrics.per_class}
