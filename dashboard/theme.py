"""Colours of classes and states, and the template of every plot."""

from typing import Any

# Okabe–Ito, in an order that keeps neighbours apart; a class keeps its colour on every page.
CLASS_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#999999", "#8172B3")
STATE_COLOURS = {
    "queued": "gray",
    "running": "blue",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "orange",
    "lost": "red",
}
NEUTRAL = "#7b8794"
BAND = "rgba(0,114,178,0.18)"
ACCENT = "#0072B2"
POINT = "#D55E00"


def class_colour(position: int) -> str:
    """Return the colour of a class, the same on every page."""
    return CLASS_COLOURS[position % len(CLASS_COLOURS)]


def badge(state: str) -> str:
    """Format a job's state as a Streamlit badge."""
    return f":{STATE_COLOURS.get(state, 'gray')}-badge[{state}]"


def layout(**more: Any) -> dict[str, Any]:
    """Return the layout of every plot: quiet, without a grid."""
    return {
        "margin": {"l": 54, "r": 16, "t": 30, "b": 44},
        "height": 340,
        "showlegend": False,
        "font": {"size": 13},
        "hoverlabel": {"font_size": 13},
        "plot_bgcolor": "rgba(0,0,0,0)",
        "paper_bgcolor": "rgba(0,0,0,0)",
        **more,
    }


def close(**more: Any) -> dict[str, Any]:
    """Return the layout of a plot whose title stands above it: smaller margins."""
    return layout(**{"margin": {"l": 54, "r": 12, "t": 6, "b": 42}, "height": 306, "clickmode": "event+select", **more})


def rate_axis(title: str) -> dict[str, Any]:
    """Return an axis from 0 to 1."""
    return {
        "title": title,
        "range": [-0.01, 1.01],
        "showgrid": False,
        "zeroline": False,
        "dtick": 0.2,
        "ticks": "outside",
    }
