"""Show the metric of each subgroup by metadata, worst first, as a forest plot that is also a table."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.evaluation.metadata_binning import MIXED
from core.evaluation.metric_value import MetricValue
from core.evaluation.regression_subgroups import FIGURES as NUMBER_FIGURES
from core.evaluation.subgroups import Subgroup
from core.services.evaluation import subgroups
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_metrics import point_metrics
from core.services.evaluation.subgroups import Groups
from dashboard import context, formatting
from dashboard.page_cache import cached
from dashboard.parts.review import regression, test_access
from dashboard.parts.widgets import chart, forest_plot, metric_table, selection
from dashboard.result_cache import cache_key, review_source
from dashboard.url_state import ReviewState

METRICS = ("auroc", "sensitivity", "specificity", "ppv", "npv", "accuracy")
HEADINGS = ("subgroup", "{unit}s", "{count}", "", "{figure} (95 % CI)", "difference from the rest", "adjusted p")
SHOWN = 60
PAIRED = 5_000  # pairs are shown by default up to this number of cases; with more, their table is too slow


def show(data: ReviewData, state: ReviewState) -> None:
    """Draw the choice of the metric, then the forest plot of the subgroups."""
    is_number = not data.titles
    titles = regression.TITLES if is_number else metric_table.TITLES
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        figure = st.selectbox(
            "Metric",
            NUMBER_FIGURES if is_number else METRICS,
            format_func=titles.__getitem__,
            key=f"groups_figure{'_number' * is_number}",
            width=230 if is_number else 190,
            label_visibility="collapsed",
        )
        is_fast = len(data.cases) <= PAIRED
        pairs = st.toggle("Include pairs", is_fast, key=f"groups_pairs_{is_fast}")
        st.markdown("", width="stretch")
        groups = _report(data, figure, pairs=pairs)
        chart.csv_button(partial(as_csv, groups.rows), name=f"groups-run-{data.run.id}-{state.split}", key="groups")
    if not groups.rows:
        st.info(groups.words or subgroups.NONE)
        if groups.left_out:
            st.caption(_excluded(groups))
        return
    title = titles[figure]
    rows = [_row(number, one, state) for number, one in enumerate(groups.rows[:SHOWN])]
    overall = (regression.report(data).metrics if is_number else point_metrics(review_source(), data)).get(figure)
    count = "patients" if is_number else "positives"
    headings = [one.format(figure=title, unit=data.unit, count=count) for one in HEADINGS]
    forest_plot.show(
        rows,
        headings,
        overall=overall.value if overall else None,
        key="forest",
        amounts=is_number,
        opened=partial(_on_opened, tuple(_group_query(one.facts) for one in groups.rows)),
    )
    small = f"fewer than 20 {data.unit}s" + " or 5 positives" * (not is_number)
    st.caption(_caption(groups, title, small, pairs=pairs))
    if data.unit == "patient":
        st.caption(f"A patient is grouped by all of its cases; if they differ, the patient is in the group '{MIXED}'.")
    if is_number:
        unit = regression.unit(data)
        st.caption(
            f"In {formatting.escape_markdown(unit)}. " * bool(unit)
            + test_access.test_view_sentence(data.state.split, data.run.id)
        )


def as_csv(rows: Sequence[Subgroup]) -> bytes:
    """Return every subgroup with all digits."""
    columns: dict[str, list[Any]] = {
        "group": [formatting.format_subgroup(_group_query(one.facts)) for one in rows],
        "cases": [one.cases for one in rows],
        "events": [one.events for one in rows],
        "patients": [one.patients for one in rows],
    }
    for name in ("figure", "rest", "gap"):
        for part in ("value", "low", "high", "n", "method", "note"):
            columns[f"{name} {part}"] = [getattr(getattr(one, name), part) for one in rows]
    columns |= {
        "thin": [one.thin for one in rows],
        "p": [one.p for one in rows],
        "corrected p": [one.adjusted_p for one in rows],
    }
    return chart.as_csv(columns)


def _report(data: ReviewData, figure: str, *, pairs: bool) -> Groups:
    run, state, point = data.run.id, data.state, data.point
    key_point = (
        replace(point, threshold=0.0, rule={}) if point and figure == "auroc" else point
    )  # AUROC has no threshold
    key = (*cache_key(run, state.split), "groups", data.unit, repr(key_point), figure, pairs)
    options: dict[str, Any] = {"split": state.split, "figure": figure, "pairs": pairs}
    if not data.titles:
        return cached(
            key,
            lambda: subgroups.regression_subgroup_report(
                context.app_context().db, run, per_patient=data.unit == "patient", **options
            ),
        )
    return cached(
        key,
        lambda: subgroups.subgroup_report(context.app_context().db, run, finding=data.finding, point=point, **options),
    )


def _row(number: int, group: Subgroup, state: ReviewState) -> forest_plot.ForestRow:
    value, gap = group.figure, group.gap
    metric_text, gap_text, count = (
        (_metric_text(value), _gap_text(gap), group.events)
        if group.events is not None
        else (formatting.format_with_unit(value), formatting.format_with_unit(gap, signed=True), group.patients)
    )
    return forest_plot.ForestRow(
        number,
        formatting.format_subgroup(_group_query(group.facts)),
        group.cases,
        count,
        value.value,
        value.ci_low,
        value.ci_high,
        metric_text,
        gap_text,
        "" if group.adjusted_p is None else formatting.p_value(group.adjusted_p),
        group.thin,
        state.group == _group_query(group.facts),
    )


def _metric_text(metric: MetricValue) -> str:
    """Format a metric; a value without an interval is not shown."""
    return formatting.format_metric(metric) if metric.value is None or metric.ci_low is not None else "too few cases"


def _gap_text(metric: MetricValue) -> str:
    if metric.value is None or metric.ci_low is None or metric.ci_high is None:
        return "–"
    return (
        f"{formatting.signed(metric.value)} ({formatting.signed(metric.ci_low)} to {formatting.signed(metric.ci_high)})"
    )


def _group_query(facts: Sequence[tuple[str, str]]) -> str:
    return urlencode(facts)


def _on_opened(named: Sequence[str], row: int) -> None:
    if row < 0:
        selection.select()
    else:
        selection.select(group=named[row])


def _caption(groups: Groups, title: str, small: str, *, pairs: bool) -> str:
    count, tested = len(groups.rows), sum(one.p is not None for one in groups.rows)
    p_note = f"p compares a subgroup with the rest, adjusted for {formatting.count(tested, 'test')}."
    shown_note = f" The {SHOWN} worst of {count:,} subgroups are shown; the CSV contains all." if count > SHOWN else ""
    # if no subgroup has a value, the rows cannot say why
    notes = {group.figure.note for group in groups.rows} if all(g.figure.value is None for g in groups.rows) else set()
    return (
        f"{title} by subgroup, worst first. Dashed: all cases. Grey: small subgroups ({small}), not tested. "
        f"{p_note if tested else 'No subgroup could be tested.'}{shown_note}"
        + ("" if pairs else " Turn on 'Include pairs' to see pairs of metadata.")
        + "".join(f" {formatting.escape_markdown(note)}" for note in sorted(notes))
        + f" {_excluded(groups)}".rstrip()
    )


def _excluded(groups: Groups) -> str:
    """Name the metadata that is not used, each with its reason; "" if all is used."""
    reasons = "; ".join(f"{formatting.fact(name)}: {why}" for name, why in groups.left_out.items())
    return f"Not used: {formatting.escape_markdown(reasons)}." if reasons else ""
