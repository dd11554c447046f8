"""Draw a plot with its table, its CSV with all digits, and points that list their cases."""

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.imaging.tables.formulas import CsvWriter
from dashboard import theme
from dashboard.parts.widgets import selection

Span = tuple[float, float]
Table = Mapping[str, Sequence[Any]]


def show(
    plot: go.Figure, table: Table, *, title: str, caption: str, key: str, name: str, spans: Sequence[Span] = ()
) -> None:
    """Draw the plot or its table; a click on a point with customdata i lists the cases with scores in `spans[i]`."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{title}**", width="stretch")
        as_table = st.toggle("Table", key=f"{key}_table")
        csv_button(lambda: as_csv(table), name=name, key=key)
    if as_table:
        import pandas as pd

        st.dataframe(pd.DataFrame(table), hide_index=True, height=306)
    else:
        picked: Any = partial(_on_select, key, tuple(spans)) if spans else "ignore"
        st.plotly_chart(
            plot, key=key, on_select=picked, selection_mode="points", config={"displayModeBar": False}, alt=title
        )
    st.caption(caption)


def csv_button(make: Callable[[], bytes], *, name: str, key: str) -> None:
    """Draw a button that downloads a CSV, made on the click."""
    st.download_button(
        "CSV",
        make,
        f"{name}.csv",
        "text/csv",
        key=f"{key}_csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def as_csv(table: Table) -> bytes:
    """Return a table as CSV with all digits; None is an empty field."""
    file = io.StringIO()
    writer = CsvWriter(file)
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([repr(float(one)) if isinstance(one, float) else one for one in row])
    return file.getvalue().encode()


def square(x: str, y: str) -> go.Figure:
    """Return an empty square plot of two rates."""
    plot = go.Figure(layout=theme.close())
    plot.update_xaxes(**theme.rate_axis(x), constrain="domain")
    plot.update_yaxes(**theme.rate_axis(y), scaleanchor="x", scaleratio=1, constrain="domain")
    return plot


def line(plot: go.Figure, x: Sequence[float], y: Sequence[float], *, hover: str, spans: bool = True) -> None:
    """Add a line with clickable points; only a selected point is visible."""
    plot.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        customdata=list(range(len(x))) if spans else None,
        hovertemplate=hover,
        line={"color": theme.ACCENT, "width": 2},
        marker={"size": 9, "color": theme.ACCENT, "opacity": 0},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
    )


def guide(plot: go.Figure, x: Sequence[float], y: Sequence[float]) -> None:
    """Add a dashed reference line, such as chance level."""
    plot.add_scatter(
        x=x, y=y, mode="lines", hoverinfo="skip", line={"dash": "dash", "color": theme.NEUTRAL, "width": 1}
    )


def operating_point(plot: go.Figure, x: float, y: float, *, threshold: float) -> None:
    """Add a diamond at the operating point of a curve."""
    plot.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        hovertemplate=f"operating point {threshold:.3f}<extra></extra>",
        marker={"size": 13, "color": theme.POINT, "symbol": "diamond", "line": {"width": 1.5, "color": "#fff"}},
    )


def band(plot: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float]) -> None:
    """Add the 95 % band around a line."""
    plot.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        mode="lines",
        fill="toself",
        hoverinfo="skip",
        fillcolor=theme.BAND,
        line={"width": 0},
    )


def _on_select(key: str, spans: Sequence[Span]) -> None:
    chosen: Any = st.session_state[key]["selection"]["points"]
    numbers = [int(_first_value(point["customdata"])) for point in chosen if point.get("customdata") is not None]
    if not numbers:
        selection.select()
    else:
        low, high = spans[numbers[0]]
        selection.select(span=f"{float(low)!r}:{float(high)!r}")


def _first_value(data: Any) -> Any:
    return data[0] if isinstance(data, list | tuple) else data
