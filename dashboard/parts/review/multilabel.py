"""Show the metrics of all findings: each at its own operating point, macro and micro average."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_metrics import findings_metrics, known_findings
from dashboard import formatting
from dashboard.parts.review import test_access
from dashboard.parts.widgets import metric_table
from dashboard.result_cache import review_source

KEYS = ("auroc", "average_precision", "sensitivity", "specificity", "ppv", "f1")


def show(data: ReviewData) -> None:
    """Draw one row per finding, then the macro and the micro average."""
    run, split = data.run, data.state.split
    report = findings_metrics(review_source(), run, split)
    if test_access.record_test_views(run.id, split, known_findings(review_source(), run, split)):
        st.rerun()  # the text above the section says how often test results were viewed
    rows: dict[str, Mapping[str, MetricValue]] = {
        **report.each,
        "macro average (mean of the findings)": report.macro,
        "micro average (all labels pooled)": report.micro,
    }
    name = f"findings-run-{data.run.id}-{data.state.split}"
    metric_table.by_row("All findings", rows, KEYS, of="finding", name=name, key="findings")
    unlabelled = [title for title in data.run.titles if title not in report.each]
    ci_note = metric_table.intervals(metrics[key] for metrics in rows.values() for key in KEYS)
    st.caption(
        f"Each finding is predicted at its own operating point, on the cases labelled for it. {ci_note}"
        + (f" No labels in this split: {formatting.escape_markdown(', '.join(unlabelled))}." if unlabelled else "")
    )
