"""Figures from numbers; each comes with its table, so that it can be checked and kept as CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.curves import Curve
from dashboard import look


def curves(
    series: Mapping[str, Sequence[tuple[int, float]]], *, names: Mapping[str, str], title: str, key: str
) -> None:
    """Metrics by epoch with direct labels."""
    plot = go.Figure(layout=look.layout(title={"text": title, "font": {"size": 14}}))
    shown = [name for name in names if series.get(name)]
    lowest = min(shown, key=lambda name: series[name][-1][1], default="")
    for index, name in enumerate(shown):
        epochs, values = zip(*series[name], strict=True)
        plot.add_scatter(x=epochs, y=values, mode="lines+markers", name=names[name],
                         line={"color": look.class_colour(index), "width": 2}, marker={"size": 5})  # fmt: skip
        below = name == lowest and len(shown) > 1  # labels of lines that end together would cover each other
        plot.add_annotation(x=epochs[-1], y=values[-1], text=names[name], showarrow=False, xanchor="right",
                            yshift=-12 if below else 12, font={"color": look.class_colour(index)})  # fmt: skip
    last = max((series[name][-1][0] for name in shown), default=1)
    plot.update_xaxes(title="epoch", showgrid=False, zeroline=False, rangemode="tozero", dtick=max(1, last // 8))
    plot.update_yaxes(showgrid=False, zeroline=False)
    st.plotly_chart(plot, key=key, config={"displayModeBar": False}, alt=f"{title} by epoch")


def roc(found: Curve, *, caption: str, key: str) -> None:
    """ROC on a square with the chance line."""
    plot = _square("1 − specificity", "sensitivity")
    plot.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dash", "color": look.NEUTRAL, "width": 1},
                     hoverinfo="skip")  # fmt: skip
    plot.add_scatter(x=found.x, y=found.y, mode="lines", line={"color": look.ACCENT, "width": 2, "shape": "hv"})
    _with_table(plot, found, ("1 - specificity", "sensitivity"), caption=caption, key=key, alt="ROC curve")


def precision_recall(found: Curve, *, prevalence: float, caption: str, key: str) -> None:
    """Precision over recall; the dashed line is the share of positives, what guessing gives."""
    plot = _square("recall (sensitivity)", "precision (PPV)")
    plot.add_scatter(x=[0, 1], y=[prevalence] * 2, mode="lines", hoverinfo="skip",
                     line={"dash": "dash", "color": look.NEUTRAL, "width": 1})  # fmt: skip
    plot.add_scatter(x=found.x, y=found.y, mode="lines", line={"color": look.ACCENT, "width": 2})
    _with_table(plot, found, ("recall", "precision"), caption=caption, key=key, alt="Precision-recall curve")


def confusion(matrix: Sequence[Sequence[int]], titles: Sequence[str], *, key: str) -> tuple[int, int] | None:
    """The matrix as squares that can be clicked; gives the cell (true class, called class) that was."""
    count = len(titles)
    cells = [(row, column) for row in range(count) for column in range(count)]
    rows = [max(1, sum(line)) for line in matrix]
    shares = [matrix[row][column] / rows[row] for row, column in cells]
    plot = go.Figure(layout=look.layout(height=90 + 100 * count if count < 5 else 560))
    plot.add_scatter(
        x=[column for _, column in cells], y=[row for row, _ in cells], mode="markers+text",
        text=[f"{matrix[row][column]:,}" for row, column in cells], customdata=cells,
        textfont={"size": 16, "color": ["#ffffff" if share > 0.55 else "#1b2430" for share in shares]},
        marker={"symbol": "square", "size": 86 if count < 5 else 40, "color": shares, "colorscale": "Blues",
                "cmin": 0, "cmax": 1, "line": {"width": 1, "color": look.NEUTRAL}},
        hovertemplate="%{text} images: open them<extra></extra>",
    )  # fmt: skip
    ticks = {"tickvals": list(range(count)), "ticktext": list(titles), "showgrid": False, "zeroline": False}
    plot.update_xaxes(title="called", range=[-0.6, count - 0.4], **ticks)
    plot.update_yaxes(title="truth", range=[count - 0.4, -0.6], **ticks)
    state: Any = st.plotly_chart(plot, key=key, on_select="rerun", selection_mode="points",
                                 config={"displayModeBar": False}, alt="Confusion matrix")  # fmt: skip
    points = state["selection"]["points"] if state else []
    return (int(points[0]["customdata"][0]), int(points[0]["customdata"][1])) if points else None


def _square(x: str, y: str) -> go.Figure:
    plot = go.Figure(layout=look.layout())
    plot.update_xaxes(**look.rate_axis(x), constrain="domain")
    plot.update_yaxes(**look.rate_axis(y), scaleanchor="x", scaleratio=1, constrain="domain")
    return plot


def _with_table(plot: go.Figure, found: Curve, names: tuple[str, str], *, caption: str, key: str, alt: str) -> None:
    import pandas as pd

    if not found.x:
        st.info("This curve is undefined: the split holds one class only.")
        return
    if st.toggle("As a table", key=f"{key}_table"):
        st.dataframe(pd.DataFrame({names[0]: found.x, names[1]: found.y, "threshold": found.thresholds}), height=340)
    else:
        st.plotly_chart(plot, key=key, config={"displayModeBar": False}, alt=alt)
    st.caption(caption)
