"""What deciding by the model is worth against treating everybody and nobody."""

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.operating_point import DecisionCurve
from core.services.evaluation import review_curves
from core.services.evaluation.review_data import ReviewData
from dashboard import formatting, theme
from dashboard.parts.widgets import chart
from dashboard.result_cache import review_source


def show(found: ReviewData) -> None:
    """Net benefit over the threshold; a point opens the cases between it and the next."""
    one = found.scored
    if one is None or not review_curves.has_probabilities(found):
        st.info("A decision curve needs probabilities from 0 to 1, which these scores are not.")
        return
    drawn, worth = review_curves.decision(review_source(), found), review_curves.net_benefit(found)
    chart.show(
        _plot(drawn, found.threshold, worth),
        _table(drawn),
        title="Decision curve",
        key="decision",
        name=f"decision-run-{found.run.id}",
        spans=[*zip(drawn.thresholds, [*drawn.thresholds[1:], 1.0], strict=True)],
        caption=f"Net benefit per {found.unit} with its 95 % band, {formatting.count(len(one.cases), found.unit)} of "
        f"{formatting.count(len(one.patients), 'patient')}: true positives less false ones at the threshold's odds "
        f"(Vickers "
        f"and Elkin 2006). {_point(drawn, worth)} A click on the curve opens the cases there.",
    )


def _point(drawn: DecisionCurve, worth: float | None) -> str:
    if worth is None:
        return "The operating point is 1, which has no odds."
    if worth < _heights(drawn)[0]:
        return f"At the operating point the net benefit is {formatting.signed(worth)}, below what is drawn."
    return "The diamond is the operating point."


def _heights(drawn: DecisionCurve) -> tuple[float, float]:
    top = max(*drawn.model, *drawn.treat_all, 0.02)
    return -0.12 * top, 1.15 * top


def _plot(drawn: DecisionCurve, threshold: float, worth: float | None) -> go.Figure:
    at, model, everybody = (list(part) for part in (drawn.thresholds, drawn.model, drawn.treat_all))
    plot = go.Figure(layout=theme.close())
    chart.guide(plot, at, everybody)
    chart.guide(plot, at, drawn.treat_none)
    if drawn.low:
        chart.band(plot, at, drawn.low, drawn.high)
    chart.line(plot, at, model, hover="net benefit %{y:.3f} at %{x:.2f}<extra></extra>")
    low, high = _heights(drawn)
    if worth is not None and worth >= low:
        chart.here(plot, threshold, worth, threshold=threshold)
    place = min(range(len(at)), key=lambda one: abs(everybody[one] - 0.3 * high))
    for x, y, text, colour in (
        (at[place], everybody[place], "everybody treated", theme.NEUTRAL),
        (0.84, 0.0, "nobody treated", theme.NEUTRAL),
        (at[len(at) // 3], model[len(at) // 3], "the model", theme.ACCENT),
    ):
        plot.add_annotation(x=x, y=y, text=text, showarrow=False, yshift=12, xanchor="left", font={"color": colour})
    plot.update_xaxes(**theme.rate_axis("threshold: how many false alarms a true one is worth"))
    plot.update_yaxes(title="net benefit", range=[low, high], showgrid=False, zeroline=False)
    return plot


def _table(drawn: DecisionCurve) -> chart.Table:
    bounds = {"low": drawn.low, "high": drawn.high} if drawn.low else {}
    return {
        "threshold": drawn.thresholds,
        "model": drawn.model,
        **bounds,
        "treat all": drawn.treat_all,
        "treat none": drawn.treat_none,
    }
