"""Draw metrics over the epochs of a training run."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard import theme


def curves(
    series: Mapping[str, Sequence[tuple[int, float]]],
    *,
    names: Mapping[str, str],
    title: str,
    key: str,
    up_to_1: bool = False,
) -> None:
    """Draw metrics by epoch, each line labelled at its end; `up_to_1`: they reach 1 at most, and 0 as a rule."""
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
    plot.update_xaxes(title="epoch", showgrid=False, zeroline=False, range=[0.5, last + 0.5], dtick=max(1, last // 8))
    least = min((value for name in shown for _, value in series[name]), default=0.0)
    plot.update_yaxes(showgrid=False, zeroline=False, range=[min(0.0, least) - 0.02, 1.02] if up_to_1 else None)
    st.plotly_chart(plot, key=key, config={"displayModeBar": False}, alt=f"{title} by epoch")
