"""Whether scores mean what they say: by bins, and before and after a calibration that was fitted on validation."""

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
FITTED = "Temperature and isotonic are fitted on the validation split"


def show(found: ReviewData) -> None:
    """The reliability plot of one kind of scores, and the figures of all three."""
    one, point = found.scored, found.point
    if one is None or point is None or not review_curves.has_probabilities(found):
        st.info("Calibration is about probabilities from 0 to 1, which these scores are not.")
        return
    now = point.scale_name
    points, refused = points_by_scale(review_source(), found.run, point)
    with st.container(key="plots"):
        left, right = st.columns([1, 1], gap="large")
    with right:
        _figures(found, points, now)
        shown = st.segmented_control(
            "Plotted",
            list(points),
            default=now,
            required=True,
            label_visibility="collapsed",
            format_func=review_point.SCALES.__getitem__,
            key=f"scale_{now}_{len(points)}",
        )
        st.caption(_about(found, refused))
    with left:
        scores = review_source().question(found.run, found.state.split, points[shown or now])
        _reliability(found, scores, shown or now, counts=shown == now)


def _reliability(found: ReviewData, one: BinaryScores, scale: str, *, counts: bool) -> None:
    bins = review_curves.reliability(one)
    plot = chart.square(f"mean score, {review_point.SCALES[scale].lower()}", "share that is so")
    chart.guide(plot, [0, 1], [0, 1])
    _points(plot, bins)
    table: dict[str, list[Any]] = {
        "low": [each.low for each in bins],
        "high": [each.high for each in bins],
        "n": [each.n for each in bins],
        "mean score": [each.mean for each in bins],
        "share": [each.share for each in bins],
        "share low": [each.interval[0] if each.interval else None for each in bins],
        "share high": [each.interval[1] if each.interval else None for each in bins],
        "interval by": [each.method for each in bins],
    }
    ways = ", ".join(dict.fromkeys(each.method for each in bins if each.method))
    alone = "" if all(each.interval for each in bins) else " A hollow point is of a single patient and has no interval."
    opens = "A click on a bin opens its cases." if counts else "The operating point counts other scores."
    chart.show(
        plot,
        table,
        title="Reliability",
        key=f"reliability_{scale}",
        name=f"reliability-run-{found.run.id}",
        spans=[(each.low, each.high) for each in bins] if counts else (),
        caption=f"Ten even bins of the score, {formatting.count(len(one.cases), found.unit)}; each bar is a bin's "
        f"95 % interval{f' ({ways})' * bool(ways)}, the number its cases.{alone} {opens}",
    )


def _points(plot: go.Figure, bins: Sequence[ReliabilityBin]) -> None:
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
        hovertemplate="mean score %{x:.3f}, share %{y:.3f}, n %{text}: open them<extra></extra>",
    )


def _figures(found: ReviewData, points: Mapping[str, PointView], now: str) -> None:
    """ECE and Brier score of each kind of scores."""
    told = {
        name: threshold_free_metrics(review_source(), found.run, found.state.split, point)
        for name, point in points.items()
    }
    flat = {
        f"{metric_table.TITLES[key]}, {review_point.SCALES[name].lower()}": figures[key]
        for name, figures in told.items()
        for key in KEYS
    }
    lines = {f"{review_point.SCALES[name]}{', counted' * (name == now)}": figures for name, figures in told.items()}
    metric_table.by_row(
        "Before and after",
        lines,
        KEYS,
        of="scores",
        name=f"calibration-run-{found.run.id}",
        key="calibration",
        csv=partial(metric_table.figures_csv, flat),
    )
    if by := metric_table.intervals(flat.values()):
        st.caption(by)


def _about(found: ReviewData, refused: str) -> str:
    told = f"ECE: {ECE_NOTE}"
    if refused:
        return f"{told} {FITTED}: {formatting.escape_markdown(refused)}"
    optimistic = ", which is this one, so that they look better here than they are" * (
        found.state.split == CHOOSING_SPLIT
    )
    return (
        f"{told} {FITTED}{optimistic}. Which scores count is chosen under Settings and kept with the operating point."
    )
