"""How far two runs are apart: every figure of both, the difference with its interval, and the tests."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.mcnemar import McNemar
from core.evaluation.metric_value import MetricValue
from core.services.evaluation.run_comparison import Compared
from dashboard import formatting
from dashboard.parts.review import test_access
from dashboard.parts.widgets import metric_table


def show(told: Compared) -> None:
    """The table with its CSV, and the sentences below it."""
    metric_table.comparison(
        "Figures and their differences",
        sides(told),
        metric_table.TITLES,
        value=formatting.format_metric,
        signed=formatting.signed,
        name=f"comparison-{told.first}-{told.second}",
    )
    seen = test_access.test_view_sentence_pair(told.split, told.first, told.second)
    st.caption(" ".join([*(formatting.escape_markdown(one) for one in sentences(told) if one), seen]))


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


def sides(told: Compared) -> dict[str, Mapping[str, MetricValue]]:
    """Return the metrics of both runs and their difference, each by its heading."""
    found = told.found
    return {f"run {told.first}": found.first, f"run {told.second}": found.second, "difference": found.differences}


def _no_test(pairs: McNemar) -> str:
    """Why there is no p: nothing differs, or in every patient as often one way as the other."""
    differ = pairs.only_first or pairs.only_second
    return "their differences cancel within patients, so there is no test" if differ else "they never disagree"


def _p(p: float) -> str:
    return f"p {formatting.p_value(p)}" if p < 0.001 else f"p = {formatting.p_value(p)}"
