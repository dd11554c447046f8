"""Groups of cases by what is known of them, the worst first, as a forest plot that is its own table."""

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
from dashboard.parts.review import regression, test_access
from dashboard.parts.widgets import chart, forest_plot, metric_table, selection
from dashboard.result_cache import cache_key, cached, review_source
from dashboard.url_state import ReviewState

FIGURES = ("auroc", "sensitivity", "specificity", "ppv", "npv", "accuracy")
HEADINGS = ("group", "{unit}s", "{count}", "", "{figure} (95 %)", "gap to the rest", "p, corrected")
SHOWN = 60
PAIRED = 5_000  # cases up to which pairs are looked at unasked: with more their table takes longer than a move should


def show(found: ReviewData, state: ReviewState) -> None:
    """Which figure of which groups, and the rows."""
    numbers = not found.titles
    titles = regression.TITLES if numbers else metric_table.TITLES
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        figure = st.selectbox(
            "Figure",
            NUMBER_FIGURES if numbers else FIGURES,
            format_func=titles.__getitem__,
            key=f"groups_figure{'_number' * numbers}",
            width=230 if numbers else 190,
            label_visibility="collapsed",
        )
        few = len(found.cases) <= PAIRED
        pairs = st.toggle("Pairs of facts too", few, key=f"groups_pairs_{few}")
        st.markdown("", width="stretch")
        made = _groups(found, figure, pairs=pairs)
        chart.csv_button(partial(as_csv, made.rows), name=f"groups-run-{found.run.id}-{state.split}", key="groups")
    if not made.rows:
        st.info(made.words or subgroups.NONE)
        if made.left_out:
            st.caption(_left_out(made))
        return
    title = titles[figure]
    rows = [_row(number, one, state) for number, one in enumerate(made.rows[:SHOWN])]
    overall = (regression.report(found).metrics if numbers else point_metrics(review_source(), found)).get(figure)
    count = "patients" if numbers else "events"
    headings = [one.format(figure=title, unit=found.unit, count=count) for one in HEADINGS]
    forest_plot.show(
        rows,
        headings,
        overall=overall.value if overall else None,
        key="forest",
        amounts=numbers,
        opened=partial(_opened, tuple(_named(one.facts) for one in made.rows)),
    )
    thin = f"fewer than 20 {found.unit}s" + " or 5 events" * (not numbers)
    st.caption(_told(made, title, thin, pairs=pairs))
    if found.unit == "patient":
        st.caption(f"A patient counts by all of its cases; where these differ it is in the group '{MIXED}'.")
    if numbers:
        unit = regression.unit(found)
        st.caption(
            f"In {formatting.escape_markdown(unit)}. " * bool(unit)
            + test_access.test_view_sentence(found.state.split, found.run.id)
        )


def as_csv(rows: Sequence[Subgroup]) -> bytes:
    """Every group with all digits."""
    columns: dict[str, list[Any]] = {
        "group": [formatting.format_subgroup(_named(one.facts)) for one in rows],
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


def _groups(found: ReviewData, figure: str, *, pairs: bool) -> Groups:
    run, state, point = found.run.id, found.state, found.point
    counted = replace(point, threshold=0.0, rule={}) if point and figure == "auroc" else point  # AUROC has no threshold
    key = (*cache_key(run, state.split), "groups", found.unit, repr(counted), figure, pairs)
    how: dict[str, Any] = {"split": state.split, "figure": figure, "pairs": pairs}
    if not found.titles:
        return cached(
            key,
            lambda: subgroups.regression_subgroup_report(
                context.app_context().db, run, per_patient=found.unit == "patient", **how
            ),
        )
    return cached(
        key, lambda: subgroups.subgroup_report(context.app_context().db, run, finding=found.finding, point=point, **how)
    )


def _row(number: int, one: Subgroup, state: ReviewState) -> forest_plot.Row:
    value, gap = one.figure, one.gap
    words, far, count = (
        (_words(value), _gap(gap), one.events)
        if one.events is not None
        else (formatting.format_with_unit(value), formatting.format_with_unit(gap, signed=True), one.patients)
    )
    return forest_plot.Row(
        number,
        formatting.format_subgroup(_named(one.facts)),
        one.cases,
        count,
        value.value,
        value.low,
        value.high,
        words,
        far,
        "" if one.adjusted_p is None else formatting.p_value(one.adjusted_p),
        one.thin,
        state.group == _named(one.facts),
    )


def _words(one: MetricValue) -> str:
    """Never a bare number: without an interval it is not told."""
    return formatting.format_metric(one) if one.value is None or one.low is not None else "too few"


def _gap(one: MetricValue) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "–"
    return f"{formatting.signed(one.value)} ({formatting.signed(one.low)} to {formatting.signed(one.high)})"


def _named(facts: Sequence[tuple[str, str]]) -> str:
    return urlencode(facts)


def _opened(named: Sequence[str], row: int) -> None:
    if row < 0:
        selection.select()
    else:
        selection.select(group=named[row])


def _told(made: Groups, title: str, thin: str, *, pairs: bool) -> str:
    count, tested = len(made.rows), sum(one.p is not None for one in made.rows)
    told = f"p compares a group with the rest and is corrected for {formatting.count(tested, 'tested group')}."
    more = f" The {SHOWN} worst of {count:,} groups are shown, the CSV holds all." if count > SHOWN else ""
    # without a figure of any group the rows cannot say why
    none = {one.figure.note for one in made.rows} if all(one.figure.value is None for one in made.rows) else set()
    return (
        f"{title} of each group, the worst first; the dashed line is that of all cases, grey rows are thin ({thin}) "
        f"and not tested. {told if tested else 'No group could be tested.'}{more}"
        + ("" if pairs else " Pairs of facts are looked at by the switch.")
        + "".join(f" {formatting.escape_markdown(one)}" for one in sorted(none))
        + f" {_left_out(made)}".rstrip()
    )


def _left_out(made: Groups) -> str:
    """Which facts are not looked at, each with its reason; "" where all are."""
    left = "; ".join(f"{formatting.fact(name)}: {why}" for name, why in made.left_out.items())
    return f"Left out: {formatting.escape_markdown(left)}." if left else ""
