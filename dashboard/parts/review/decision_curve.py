"""Draw the decision curve: the net benefit of the model against treating all and treating none."""

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.operating_point import DecisionCurve
from core.services.evaluation import review_curves
from core.services.evaluation.review_data import ReviewData
from dashboard import formatting, theme
from dashboard.parts.widgets import chart
from dashboard.result_cache import review_source


def show(data: ReviewData) -> None:
    """Draw the net benefit over the threshold; a click on a point lists the cases up to the next one."""
    scored = data.scored
    if scored is None or not review_curves.has_probabilities(data):
        st.info("A decision curve needs probabilities from 0 to 1; these scores are not probabilities.")
        return
    curve, benefit = review_curves.decision(review_source(), data), review_curves.net_benefit(data)
    chart.show(
        _plot(curve, data.threshold, benefit),
        _table(curve),
        title="Decision curve",
        key="decision",
        name=f"decision-run-{data.run.id}",
        spans=[*zip(curve.thresholds, [*curve.thresholds[1:], 1.0], strict=True)],
        caption=f"Net benefit per {data.unit} with 95 % band: true positives minus false positives, weighted by the "
        f"odds of the threshold (Vickers and Elkin 2006). {formatting.count(len(scored.cases), data.unit)}, "
        f"{formatting.count(len(scored.patients), 'patient')}. {_point_note(curve, benefit)} "
        "Click the curve to list the cases there.",
    )


def _point_note(curve: DecisionCurve, benefit: float | None) -> str:
    if benefit is None:
        return "The net benefit is undefined at the operating point 1."
    if benefit < _y_range(curve)[0]:
        return f"At the operating point the net benefit is {formatting.signed(benefit)}, below the plotted range."
    return "Diamond: operating point."


def _y_range(curve: DecisionCurve) -> tuple[float, float]:
    top = max(*curve.model, *curve.treat_all, 0.02)
    return -0.12 * top, 1.15 * top


def _plot(curve: DecisionCurve, threshold: float, benefit: float | None) -> go.Figure:
    at, model, treat_all = (list(part) for part in (curve.thresholds, curve.model, curve.treat_all))
    plot = go.Figure(layout=theme.close())
    chart.guide(plot, at, treat_all)
    chart.guide(plot, at, curve.treat_none)
    if curve.low:
        chart.band(plot, at, curve.low, curve.high)
    chart.line(plot, at, model, hover="net benefit %{y:.3f} at %{x:.2f}<extra></extra>")
    low, high = _y_range(curve)
    if benefit is not None and benefit >= low:
        chart.operating_point(plot, threshold, benefit, threshold=threshold)
    label_at = min(range(len(at)), key=lambda i: abs(treat_all[i] - 0.3 * high))
    for x, y, text, colour in (
        (at[label_at], treat_all[label_at], "treat all", theme.NEUTRAL),
        (0.84, 0.0, "treat none", theme.NEUTRAL),
        (at[len(at) // 3], model[len(at) // 3], "model", theme.ACCENT),
    ):
        plot.add_annotation(x=x, y=y, text=text, showarrow=False, yshift=12, xanchor="left", font={"color": colour})
    plot.update_xaxes(**theme.rate_axis("threshold probability"))
    plot.update_yaxes(title="net benefit", range=[low, high], showgrid=False, zeroline=False)
    return plot


def _table(curve: DecisionCurve) -> chart.Table:
    bounds = {"low": curve.low, "high": curve.high} if curve.low else {}
    return {
        "threshold": curve.thresholds,
        "model": curve.model,
        **bounds,
        "treat all": curve.treat_all,
        "treat none": curve.treat_none,
    }
