"""How far the errors of two runs are apart: every figure of both, and the difference with its interval."""

import html
from collections.abc import Callable
from functools import partial

import streamlit as st

from core.evaluation.figure import Figure
from core.services.number_comparing import NumbersCompared
from dashboard.parts import chart, compare_table, looks
from dashboard.parts.number_figures import TITLES, squared


def show(told: NumbersCompared) -> None:
    """The table with its CSV, and what is compared."""
    first, second = told.found.first.metrics, told.found.second.metrics
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Errors and their differences**", width="stretch")
        chart.csv_button(partial(as_csv, told), name=f"comparison-{told.first}-{told.second}", key="compare")
    names = f"run {told.first}", f"run {told.second}"
    heads = ("figure", f"{names[0]} (95 %)", f"{names[1]} (95 %)", f"{names[0]} − {names[1]}", "interval by")
    head = "".join(f"<th>{one}</th>" for one in heads)
    rows = "".join(
        _line(title(key, told.measure), first[key], second[key], one) for key, one in told.found.differences.items()
    )
    st.html(f'<table class="rd-figures"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')
    st.caption(f"{told.note} {looks.of_two(told.split, told.first, told.second)}")


def as_csv(told: NumbersCompared) -> bytes:
    """All of it with all digits."""
    found = told.found
    return compare_table.csv_of(
        {
            f"run {told.first}": found.first.metrics,
            f"run {told.second}": found.second.metrics,
            "difference": found.differences,
        }
    )


def title(key: str, measure: str) -> str:
    """`Mean absolute error (years)`."""
    unit = "" if key == "r2" else squared(measure) if key == "mse" else measure
    return (TITLES | {"mse": "Mean square error"})[key] + (f" ({unit})" if unit else "")


def _line(name: str, first: Figure, second: Figure, apart: Figure) -> str:
    how = apart.method or (apart.note if apart.value is not None else "")
    told = html.escape(apart.note) if apart.value is None else f"<b>{_signed(apart.value)}</b>{_span(apart, _signed)}"
    cells = (html.escape(name), _told(first), _told(second), told, html.escape(how))
    return f"<tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr>"


def _told(one: Figure) -> str:
    return "undefined" if one.value is None else f"{_plain(one.value)}{_span(one, _plain)}"


def _span(one: Figure, words: Callable[[float], str]) -> str:
    return "" if one.low is None or one.high is None else f" ({words(one.low)} to {words(one.high)})"


def _plain(number: float) -> str:
    return f"{number:.4g}".replace("-", "−")


def _signed(number: float) -> str:
    return f"{number:+.4g}".replace("-", "−")
