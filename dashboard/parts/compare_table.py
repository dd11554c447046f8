"""How far two runs are apart: every figure of both, the difference with its interval, and the tests."""

import html
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.evaluation.figure import Figure
from core.evaluation.mcnemar import McNemar
from core.services.comparing import Compared
from dashboard import look
from dashboard.parts import chart, looks
from dashboard.parts.section_overview import TITLES


def show(told: Compared) -> None:
    """The table with its CSV, and the sentences below it."""
    found, names = told.found, (f"run {told.first}", f"run {told.second}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Figures and their differences**", width="stretch")
        chart.csv_button(partial(as_csv, told), name=f"comparison-{told.first}-{told.second}", key="compare")
    heads = ("figure", f"{names[0]} (95 %)", f"{names[1]} (95 %)", f"{names[0]} − {names[1]}", "interval by")
    head = "".join(f"<th>{one}</th>" for one in heads)
    rows = "".join(_line(key, found.first[key], found.second[key], one) for key, one in found.differences.items())
    st.html(f'<table class="rd-figures"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')
    seen = looks.of_two(told.split, told.first, told.second)
    st.caption(" ".join([*(look.plain(one) for one in sentences(told) if one), seen]))


def sentences(told: Compared) -> tuple[str, ...]:
    """What the tests say, each with its name, and what is compared."""
    test, pairs = told.found.delong, told.found.mcnemar
    areas = (
        ""
        if test is None
        else (f"AUROC: {test.note}" if test.p is None else f"AUROC, {test.method}: {_p(test.p)}. {test.note}".strip())
    )
    p = pairs.exact_p if pairs.exact_p is not None else pairs.p
    counts = f"{pairs.only_first:,} only right by run {told.first}, {pairs.only_second:,} only by run {told.second}"
    right = f"Calls, {pairs.method}: {counts}, {_p(p) if p is not None else _no_test(pairs)}."
    points = " and ".join(
        f"{one.threshold:.4g} (run {number})"
        for number, one in zip((told.first, told.second), told.points, strict=True)
    )
    return f"Yes is {told.name}, called at {points}.", areas, right, told.found.note, told.note


def as_csv(told: Compared) -> bytes:
    """All of it with all digits."""
    found = told.found
    return csv_of(
        {f"run {told.first}": found.first, f"run {told.second}": found.second, "difference": found.differences}
    )


def csv_of(sides: Mapping[str, Mapping[str, Figure]]) -> bytes:
    """A line for each figure that is compared: of both runs, and the "difference"."""
    columns: dict[str, list[Any]] = {"figure": list(sides["difference"])}
    for name, figures in sides.items():
        for part in ("value", "low", "high", "n", "method", "note"):
            columns[f"{name} {part}"] = [getattr(figures[key], part) for key in sides["difference"]]
    return chart.as_csv(columns)


def _line(key: str, first: Figure, second: Figure, apart: Figure) -> str:
    if apart.value is None:
        told, how = html.escape(apart.note or "undefined"), ""
    else:
        span = (
            ""
            if apart.low is None or apart.high is None
            else (f" ({look.signed(apart.low)} to {look.signed(apart.high)})")
        )
        told, how = f"<b>{look.signed(apart.value)}</b>{span}", apart.method or apart.note
    cells = (look.figure(first), look.figure(second), told, html.escape(how))
    return f"<tr><td>{TITLES.get(key, key)}</td>{''.join(f'<td>{one}</td>' for one in cells)}</tr>"


def _no_test(pairs: McNemar) -> str:
    """Why there is no p: nothing differs, or in every patient as often one way as the other."""
    differ = pairs.only_first or pairs.only_second
    return "their differences cancel within patients, so there is no test" if differ else "they never disagree"


def _p(p: float) -> str:
    return f"p {look.p_value(p)}" if p < 0.001 else f"p = {look.p_value(p)}"
