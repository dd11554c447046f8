"""Draw the ROC and precision–recall curves with the operating point; a click on a point lists the cases there."""

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
ONE_CLASS = "ROC and precision–recall curves are undefined: all {cases} are {title}."


def show(data: ReviewData) -> None:
    """Draw both curves of a binary question."""
    scored = data.scored
    if scored is None:
        return
    if scored.truth.all() or not scored.truth.any():
        title = data.titles[int(scored.truth.any())]
        st.info(
            ONE_CLASS.format(
                cases=formatting.count(len(scored.cases), data.unit), title=formatting.escape_markdown(title)
            )
        )
        return
    with st.container(key="plots"):
        left, right = st.columns(2, gap="large")
    caption = (
        f"Positive class: {formatting.escape_markdown(scored.name)}, {int(scored.truth.sum()):,} of "
        f"{formatting.count(len(scored.cases), data.unit)}, {formatting.count(len(scored.patients), 'patient')}. "
        f"Diamond: operating point {data.threshold:.3f}. Click the curve to list the cases there."
    )
    with left:
        _draw_roc(data, caption)
    with right:
        _draw_precision_recall(data, scored, caption)


def _draw_roc(data: ReviewData, caption: str) -> None:
    estimate = review_curves.roc(review_source(), data)
    curve, band = estimate.curve, estimate.band
    plotted = curve.thinned(POINTS)
    plot = chart.square("1 − specificity", "sensitivity")
    chart.guide(plot, [0, 1], [0, 1])
    chart.band(plot, band.x, band.low, band.high)
    chart.line(plot, plotted.x, plotted.y, hover="sensitivity %{y:.3f}, 1 − specificity %{x:.3f}<extra></extra>")
    (tn, fp), (fn, tp) = data.matrix()
    chart.operating_point(plot, fp / (tn + fp), tp / (tp + fn), threshold=data.threshold)
    table = {"1 - specificity": curve.x, "sensitivity": curve.y, **band.along(curve.x), "threshold": curve.thresholds}
    chart.show(
        plot,
        table,
        title="ROC",
        caption=f"{caption} {_band_note(band)}",
        key="roc",
        spans=spans(plotted),
        name=f"roc-run-{data.run.id}",
    )


def _draw_precision_recall(data: ReviewData, scored: BinaryScores, caption: str) -> None:
    estimate = review_curves.precision_recall(review_source(), data)
    curve, band = estimate.curve, estimate.band
    plotted = curve.thinned(POINTS)
    prevalence = float(scored.truth.mean())
    plot = chart.square("sensitivity (recall)", "PPV (precision)")
    chart.guide(plot, [0, 1], [prevalence, prevalence])
    chart.band(plot, band.x, band.low, band.high)
    chart.line(plot, plotted.x, plotted.y, hover="PPV %{y:.3f}, sensitivity %{x:.3f}<extra></extra>")
    (_, fp), (fn, tp) = data.matrix()
    if tp + fp:
        chart.operating_point(plot, tp / (tp + fn), tp / (tp + fp), threshold=data.threshold)
    table = {"recall": curve.x, "precision": curve.y, **band.along(curve.x), "threshold": curve.thresholds}
    chart.show(
        plot,
        table,
        title="Precision–recall",
        key="pr",
        spans=spans(plotted),
        name=f"precision-recall-run-{data.run.id}",
        caption=f"{caption} {_band_note(band)} Dashed: a random classifier, {prevalence:.3f}.",
    )


def _band_note(band: Band) -> str:
    if not band.x:
        return "No band: all data come from a single patient."
    return "Band: pointwise 95 % CI, patient-level bootstrap."


def spans(curve: Curve) -> list[chart.Span]:
    """Return the score range of each point: from its threshold up to that of the previous point."""
    ranges, upper = [], 1.0
    for threshold in curve.thresholds:
        lower = 1.0 if threshold is None else threshold
        ranges.append((lower, upper))
        upper = lower
    return ranges
