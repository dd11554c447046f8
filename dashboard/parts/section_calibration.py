"""Whether scores mean what they say: by bins, and before and after a calibration that was fitted on validation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from core.errors import UserError
from core.evaluation.board import standing
from core.evaluation.calibration import ECE_NOTE, Bin, reliability
from core.evaluation.figure import Figure
from core.evaluation.scored import Scored, is_probability
from dashboard import asked, look
from dashboard.asked import Asked
from dashboard.kept import kept
from dashboard.parts import chart, section_overview

FITTED = "Temperature and isotonic are fitted on the validation split"


def show(found: Asked) -> None:
    """The reliability plot of the scores that count, and the figures of all three."""
    one, point = found.scored, found.point
    if one is None or point is None or not is_probability(one.scores):
        st.info("Calibration is about probabilities from 0 to 1, which these scores are not.")
        return
    now = asked.scale(point)
    every, refused = _scales(found)
    with st.container(key="plots"):
        left, right = st.columns([1, 1], gap="large")
    with left:
        _reliability(found, one, {name: of for name, of in every.items() if name != now}, now)
    with right:
        _figures(found, every, now)
        st.caption(_about(found, refused))


def _scales(found: Asked) -> tuple[Mapping[str, Scored], str]:
    """The question by each kind of scores; and why some are not there."""
    point, made, refused = found.point, {}, ""
    if point is None:
        return {}, ""
    for name in asked.SCALES:
        try:
            calibrator = None if name == "plain" else asked.fitted(found.run, point, name)
            made[name] = asked.question(found.run, found.state.split, replace(point, calibrator=calibrator))
        except UserError as error:
            refused = str(error)
    return made, refused


def _reliability(found: Asked, one: Scored, others: Mapping[str, Scored], now: str) -> None:
    bins = [each for each in reliability(one) if each.n]
    plot = chart.square(f"mean score, {asked.SCALES[now].lower()}", "share that is so")
    chart.guide(plot, [0, 1], [0, 1])
    for name, other in others.items():
        _beside(plot, [each for each in reliability(other) if each.n], asked.SCALES[name].lower())
    _points(plot, bins)
    table = {
        "low": [each.low for each in bins], "high": [each.high for each in bins], "n": [each.n for each in bins],
        "mean score": [each.mean for each in bins], "share": [each.share for each in bins],
        "share low": [each.interval[0] if each.interval else None for each in bins],
        "share high": [each.interval[1] if each.interval else None for each in bins],
    }  # fmt: skip
    chart.show(plot, table, title="Reliability", key="reliability", name=f"reliability-run-{found.run.id}",
               spans=[(each.low, each.high) for each in bins],
               caption=f"Ten even bins of the score, {look.count(len(one.cases), found.unit)}; each bar is a bin's "
               "95 % interval, the number its cases. A click on a bin opens its cases.")  # fmt: skip


def _points(plot: go.Figure, bins: Sequence[Bin]) -> None:
    most = max(each.n for each in bins)
    spans = [each.interval or (each.share, each.share) for each in bins]
    up = [high - each.share for each, (_, high) in zip(bins, spans, strict=True)]
    down = [each.share - low for each, (low, _) in zip(bins, spans, strict=True)]
    plot.add_scatter(
        x=[each.mean for each in bins], y=[each.share for each in bins], mode="lines+markers+text",
        customdata=list(range(len(bins))), text=[f"{each.n:,}" for each in bins], textposition="top left",
        error_y={"type": "data", "array": up, "arrayminus": down, "thickness": 1.5, "width": 0, "color": look.ACCENT},
        line={"color": look.ACCENT, "width": 2}, textfont={"size": 11},
        marker={"color": look.ACCENT, "size": [8 + 10 * (each.n / most) ** 0.5 for each in bins]},
        hovertemplate="mean score %{x:.3f}, share %{y:.3f}, n %{text}: open them<extra></extra>",
    )  # fmt: skip


def _beside(plot: go.Figure, bins: Sequence[Bin], name: str) -> None:
    x, y = [each.mean for each in bins], [each.share for each in bins]
    plot.add_scatter(x=x, y=y, mode="lines", hoverinfo="skip", line={"color": look.NEUTRAL, "width": 1.5})
    if bins:
        plot.add_annotation(x=x[-1], y=y[-1], text=name, showarrow=False, xanchor="right", yshift=10,
                            font={"color": look.NEUTRAL, "size": 12})  # fmt: skip


def _figures(found: Asked, every: Mapping[str, Scored], now: str) -> None:
    told: dict[str, Figure] = {}
    for name, one in every.items():
        figures = kept((id(one), "standing"), lambda one=one: (one, standing(one)))[1]  # type: ignore[misc]
        mark = ", counted here" if name == now else ""
        for key in ("ece", "brier"):
            told[f"{section_overview.TITLES[key]}, {asked.SCALES[name].lower()}{mark}"] = figures[key]
    section_overview.table(told, name=f"calibration-run-{found.run.id}", key="calibration", title="Before and after")


def _about(found: Asked, refused: str) -> str:
    told = f"ECE: {ECE_NOTE}"
    if refused:
        return f"{told} {FITTED}: {look.plain(refused)}"
    optimistic = ", which is this one, so that they look better here than they are" * (found.state.split == asked.TRIES)
    return (
        f"{told} {FITTED}{optimistic}. Which scores count is chosen under Settings and kept with the operating point."
    )
