"""Compare two classification runs: each metric of both, the difference with its interval, and the tests."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.mcnemar import McNemar
from core.evaluation.metric_value import MetricValue
from core.services.evaluation.run_comparison import Compared
from dashboard import formatting
from dashboard.parts.review import test_access
from dashboard.parts.widgets import metric_table


def show(compared: Compared) -> None:
    """Draw how the operating points were chosen, the table with its CSV, and the sentences below it."""
    st.caption(formatting.escape_markdown(compared.chosen))
    metric_table.comparison(
        "Metrics and differences",
        sides(compared),
        metric_table.HEADINGS,
        compared.changes(),
        value=formatting.format_metric,
        signed=formatting.signed,
        name=f"comparison-{compared.first}-{compared.second}",
    )
    views = test_access.test_view_sentence_pair(compared.split, compared.first, compared.second)
    st.caption(" ".join([*(formatting.escape_markdown(one) for one in sentences(compared) if one), views]))


def sentences(compared: Compared) -> tuple[str, ...]:
    """Return the positive class, the DeLong and McNemar tests, and the notes, one sentence each."""
    test, pairs = compared.comparison.delong, compared.comparison.mcnemar
    areas = (
        ""
        if test is None
        else (f"AUROC: {test.note}" if test.p is None else f"AUROC, {test.method}: {_p(test.p)}. {test.note}".strip())
    )
    p = pairs.exact_p if pairs.exact_p is not None else pairs.p
    first, second = compared.first, compared.second
    counts = f"{pairs.only_first:,} correct only in run {first}, {pairs.only_second:,} only in run {second}"
    right = f"Predictions, {pairs.method}: {counts}, {_p(p) if p is not None else _no_test(pairs)}."
    return (
        f"Positive class: {compared.name}.",
        areas,
        right,
        compared.comparison.note,
        compared.note,
    )


def sides(compared: Compared) -> dict[str, Mapping[str, MetricValue]]:
    """Return the metrics of the baseline and the run, and run − baseline, each by its heading."""
    comparison = compared.comparison
    return {
        f"run {compared.first}": comparison.first,
        f"run {compared.second}": comparison.second,
        "difference": comparison.differences,
    }


def _no_test(pairs: McNemar) -> str:
    """Say why there is no p: nothing differs, or the differences cancel in every patient."""
    differ = pairs.only_first or pairs.only_second
    return "no test: the differences cancel within patients" if differ else "no test: the runs never disagree"


def _p(p: float) -> str:
    return f"p {formatting.p_value(p)}" if p < 0.001 else f"p = {formatting.p_value(p)}"
