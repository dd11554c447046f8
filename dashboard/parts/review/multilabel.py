"""Several findings together: each at its own operating point, their plain mean, and all their answers pooled."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from core.evaluation.metric_value import MetricValue
from core.evaluation.multiclass import MultilabelReport, multilabel_metrics
from core.services.evaluation import operating_points
from core.services.evaluation.review_data import ReviewData
from dashboard import context, formatting
from dashboard.parts.review import test_access
from dashboard.parts.widgets import metric_table
from dashboard.result_cache import cache_key, cached, review_source

KEYS = ("auroc", "average_precision", "sensitivity", "specificity", "ppv", "f1")


def show(found: ReviewData) -> None:
    """A line for each finding, the mean (macro) and the pool (micro)."""
    told = _together(found)
    if test_access.count(found.run.id, found.state.split, _known(found)):
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


def _known(found: ReviewData) -> list[int]:
    """The findings of which something is known here."""
    truths = review_source().columns(found.run.id, found.state.split).truths
    return [at for at in range(len(found.run.classes)) if not np.isnan(truths[:, at]).all()]


def _together(found: ReviewData) -> MultilabelReport:
    run, split = found.run, found.state.split
    points = [operating_points.current_or_default(context.app_context().db, run.id, at) for at in _known(found)]
    return cached(
        (*cache_key(run.id, split), "together", repr(points)),
        lambda: multilabel_metrics(
            [review_source().question(run, split, point) for point in points], [point.threshold for point in points]
        ),
    )
