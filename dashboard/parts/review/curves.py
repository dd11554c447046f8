"""ROC and precision over recall, the operating point on both; a point opens the cases that it parts."""

import streamlit as st

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.curve_bands import Band
from core.evaluation.curves import Curve
from core.services.evaluation import review_curves
from core.services.evaluation.review_data import ReviewData
from dashboard import formatting
from dashboard.parts.widgets import chart
from dashboard.result_cache import review_source

POINTS = 300
ONE_CLASS = "The curves are undefined: all {cases} here are {title}."


def show(found: ReviewData) -> None:
    """Both curves of a yes/no question."""
    one = found.scored
    if one is None:
        return
    if one.truth.all() or not one.truth.any():
        title = found.titles[int(one.truth.any())]
        st.info(
            ONE_CLASS.format(
                cases=formatting.count(len(one.cases), found.unit), title=formatting.escape_markdown(title)
            )
        )
        return
    with st.container(key="plots"):
        left, right = st.columns(2, gap="large")
    about = (
        f"{one.name} against the rest, {int(one.truth.sum()):,} of {formatting.count(len(one.cases), found.unit)} of "
        f"{formatting.count(len(one.patients), 'patient')}; the diamond is the operating point {found.threshold:.3f}. "
        "A click on the curve opens the cases there."
    )
    with left:
        _roc(found, about)
    with right:
        _precision(found, one, about)


def _roc(found: ReviewData, about: str) -> None:
    drawn = review_curves.roc(review_source(), found)
    full, sure = drawn.curve, drawn.band
    shown = full.thinned(POINTS)
    plot = chart.square("1 − specificity", "sensitivity")
    chart.guide(plot, [0, 1], [0, 1])
    chart.band(plot, sure.x, sure.low, sure.high)
    chart.line(plot, shown.x, shown.y, hover="sensitivity %{y:.3f}, 1 − specificity %{x:.3f}<extra></extra>")
    (tn, fp), (fn, tp) = found.matrix()
    chart.here(plot, fp / (tn + fp), tp / (tp + fn), threshold=found.threshold)
    table = {"1 - specificity": full.x, "sensitivity": full.y, **sure.along(full.x), "threshold": full.thresholds}
    chart.show(
        plot,
        table,
        title="ROC",
        caption=f"{about} {_said(sure)}",
        key="roc",
        spans=spans(shown),
        name=f"roc-run-{found.run.id}",
    )


def _precision(found: ReviewData, one: BinaryScores, about: str) -> None:
    drawn = review_curves.precision_recall(review_source(), found)
    full, sure = drawn.curve, drawn.band
    shown = full.thinned(POINTS)
    share = float(one.truth.mean())
    plot = chart.square("sensitivity (recall)", "PPV (precision)")
    chart.guide(plot, [0, 1], [share, share])
    chart.band(plot, sure.x, sure.low, sure.high)
    chart.line(plot, shown.x, shown.y, hover="PPV %{y:.3f}, sensitivity %{x:.3f}<extra></extra>")
    (_, fp), (fn, tp) = found.matrix()
    if tp + fp:
        chart.here(plot, tp / (tp + fn), tp / (tp + fp), threshold=found.threshold)
    table = {"recall": full.x, "precision": full.y, **sure.along(full.x), "threshold": full.thresholds}
    chart.show(
        plot,
        table,
        title="Precision and recall",
        key="pr",
        spans=spans(shown),
        name=f"precision-recall-run-{found.run.id}",
        caption=f"{about} {_said(sure)} Dashed: what guessing gives, {share:.3f}.",
    )


def _said(sure: Band) -> str:
    if not sure.x:
        return "No band: a single patient carries it."
    return "The band holds the height of the curve at each place by itself with 95 %, whole patients resampled."


def spans(curve: Curve) -> list[chart.Span]:
    """The scores of each point: from its threshold up to that of the point before."""
    found, upper = [], 1.0
    for threshold in curve.thresholds:
        lower = 1.0 if threshold is None else threshold
        found.append((lower, upper))
        upper = lower
    return found
