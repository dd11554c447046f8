"""Several findings together: each at its own operating point, their plain mean, and all their answers pooled."""

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


def show(found: ReviewData) -> None:
    """A line for each finding, the mean (macro) and the pool (micro)."""
    run, split = found.run, found.state.split
    told = findings_metrics(review_source(), run, split)
    if test_access.count(run.id, split, known_findings(review_source(), run, split)):
        st.rerun()  # what stands over the section tells how often test was looked at
    lines: dict[str, Mapping[str, MetricValue]] = {
        **told.each,
        "mean of the findings (macro)": told.macro,
        "all answers pooled (micro)": told.micro,
    }
    name = f"findings-run-{found.run.id}-{found.state.split}"
    metric_table.by_row("All findings", lines, KEYS, of="finding", name=name, key="findings")
    left = [title for title in found.run.titles if title not in told.each]
    by = metric_table.intervals(one[key] for one in lines.values() for key in KEYS)
    st.caption(
        f"Each finding is called at the operating point that stands for it, on the cases where it is known. {by}"
        + (f" Nothing is known here of {formatting.escape_markdown(', '.join(left))}." if left else "")
    )
