"""Draw metrics over the epochs of a training run."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard import theme


def curves(
    series: Mapping[str, Sequence[tuple[int, float]]], *, names: Mapping[str, str], title: str, key: str
) -> None:
    """Draw metrics by epoch, each line labelled at its end."""
    plot = go.Figure(layout=theme.layout(title={"text": title, "font": {"size": 14}}))
    shown = [name for name in names if series.get(name)]
    lowest = min(shown, key=lambda name: series[name][-1][1], default="")
    for index, name in enumerate(shown):
        epochs, values = zip(*series[name], strict=True)
        plot.add_scatter(
            x=epochs,
            y=values,
            mode="lines+markers",
            name=names[name],
            line={"color": theme.class_colour(index), "width": 2},
            marker={"size": 5},
        )
        below = name == lowest and len(shown) > 1  # labels of lines that end close together would overlap
        plot.add_annotation(
            x=epochs[-1],
            y=values[-1],
            text=names[name],
            showarrow=False,
            xanchor="right",
            yshift=-12 if below else 12,
            font={"color": theme.class_colour(index)},
        )
    last = max((series[name][-1][0] for name in shown), default=1)
    plot.update_xaxes(title="epoch", showgrid=False, zeroline=False, rangemode="tozero", dtick=max(1, last // 8))
    plot.update_yaxes(showgrid=False, zeroline=False)
    st.plotly_chart(plot, key=key, config={"displayModeBar": False}, alt=f"{title} by epoch")
