"""Draw the reliability diagram of the scores, and ECE and Brier score before and after calibration."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.calibration import ECE_NOTE, ReliabilityBin
from core.services.evaluation import review_curves, review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_metrics import points_by_scale, threshold_free_metrics
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.operating_point_view import PointView
from dashboard import formatting, theme
from dashboard.parts.widgets import chart, metric_table
from dashboard.result_cache import review_source

KEYS = ("ece", "brier")
FITTED = "Temperature scaling and isotonic regression are fitted on the validation split"


def show(data: ReviewData) -> None:
    """Draw the reliability diagram of the selected scores beside the metrics of all calibrations."""
    scored, point = data.scored, data.point
    if scored is None or point is None or not review_curves.has_probabilities(data):
        st.info("Calibration needs probabilities from 0 to 1; these scores are not probabilities.")
        return
    current_scale = point.scale_name
    points, refused = points_by_scale(review_source(), data.run, point)
    with st.container(key="plots"):
        left, right = st.columns([1, 1], gap="large")
    with right:
        _metrics(data, points, current_scale)
        selected = st.segmented_control(
            "Plotted scores",
            list(points),
            default=current_scale,
            required=True,
            label_visibility="collapsed",
            format_func=review_point.SCALES.__getitem__,
            key=f"scale_{current_scale}_{len(points)}",
        )
        st.caption(_caption(data, refused))
    with left:
        scores = review_source().question(data.run, data.state.split, points[selected or current_scale])
        _draw_reliability(data, scores, selected or current_scale, clickable=selected == current_scale)


def _draw_reliability(data: ReviewData, scores: BinaryScores, scale: str, *, clickable: bool) -> None:
    bins = review_curves.reliability(scores)
    plot = chart.square(f"mean score, {review_point.SCALES[scale].lower()}", "fraction of positives")
    chart.guide(plot, [0, 1], [0, 1])
    _draw_bins(plot, bins)
    table: dict[str, list[Any]] = {
        "low": [each.low for each in bins],
        "high": [each.high for each in bins],
        "n": [each.n for each in bins],
        "mean score": [each.mean for each in bins],
        "fraction of positives": [each.share for each in bins],
        "CI low": [each.interval[0] if each.interval else None for each in bins],
        "CI high": [each.interval[1] if each.interval else None for each in bins],
        "CI method": [each.method for each in bins],
    }
    methods = ", ".join(dict.fromkeys(each.method for each in bins if each.method))
    hollow_note = (
        "" if all(each.interval for each in bins) else " Hollow points come from a single patient and have no interval."
    )
    click_note = "Click a bin to list its cases." if clickable else "The operating point uses other scores."
    chart.show(
        plot,
        table,
        title="Reliability diagram",
        key=f"reliability_{scale}",
        name=f"reliability-run-{data.run.id}",
        spans=[(each.low, each.high) for each in bins] if clickable else (),
        caption=f"Ten bins of equal width, {formatting.count(len(scores.cases), data.unit)}. Bars: 95 % CI"
        f"{f' ({methods})' * bool(methods)}. Numbers: cases in the bin.{hollow_note} {click_note}",
    )


def _draw_bins(plot: go.Figure, bins: Sequence[ReliabilityBin]) -> None:
    spans = [each.interval or (each.share, each.share) for each in bins]
    up = [high - each.share for each, (_, high) in zip(bins, spans, strict=True)]
    down = [each.share - low for each, (low, _) in zip(bins, spans, strict=True)]
    plot.add_scatter(
        x=[each.mean for each in bins],
        y=[each.share for each in bins],
        mode="markers+text",
        customdata=list(range(len(bins))),
        text=[f"{each.n:,}" for each in bins],
        textposition="middle right",
        error_y={
            "type": "data",
            "array": up,
            "arrayminus": down,
            "thickness": 1.5,
            "width": 0,
            "color": theme.ACCENT,
        },
        textfont={"size": 11},
        cliponaxis=False,
        marker={
            "color": theme.ACCENT,
            "size": 10,
            "symbol": ["circle" if each.interval else "circle-open" for each in bins],
        },
        hovertemplate="mean score %{x:.3f}, fraction of positives %{y:.3f}, n %{text}; click to list<extra></extra>",
    )


def _metrics(data: ReviewData, points: Mapping[str, PointView], current_scale: str) -> None:
    """Draw ECE and Brier score by calibration."""
    metrics_by_scale = {
        name: threshold_free_metrics(review_source(), data.run, data.state.split, point)
        for name, point in points.items()
    }
    all_metrics = {
        f"{metric_table.TITLES[key]}, {review_point.SCALES[name].lower()}": figures[key]
        for name, figures in metrics_by_scale.items()
        for key in KEYS
    }
    rows = {
        f"{review_point.SCALES[name]}{' (in use)' * (name == current_scale)}": figures
        for name, figures in metrics_by_scale.items()
    }
    metric_table.by_row(
        "Before and after calibration",
        rows,
        KEYS,
        of="scores",
        name=f"calibration-run-{data.run.id}",
        key="calibration",
        csv=partial(metric_table.figures_csv, all_metrics),
    )
    if ci_note := metric_table.intervals(all_metrics.values()):
        st.caption(ci_note)


def _caption(data: ReviewData, refused: str) -> str:
    note = f"ECE: {ECE_NOTE}"
    if refused:
        return f"{note} {FITTED}: {formatting.escape_markdown(refused)}"
    same_split_note = " (this one), so they look better here than on new data" * (data.state.split == CHOOSING_SPLIT)
    return f"{note} {FITTED}{same_split_note}. Select one under Settings; it is saved with the operating point."
