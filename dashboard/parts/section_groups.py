"""Groups of cases by what is known of them, the worst first, as a forest plot that is its own table."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.evaluation import number_groups
from core.evaluation.bands import SEVERAL
from core.evaluation.figure import Figure
from core.evaluation.subgroups import Subgroup
from core.services import groups
from core.services.groups import Groups
from core.services.review_data import ReviewData
from dashboard import look, wiring
from dashboard.kept import cache_key, kept
from dashboard.parts import chart, forest, looks, marks, metric_table, number_figures, section_overview
from dashboard.state import ReviewState

FIGURES = ("auroc", "sensitivity", "specificity", "ppv", "npv", "accuracy")
HEADINGS = ("group", "{unit}s", "{count}", "", "{figure} (95 %)", "gap to the rest", "p, corrected")
SHOWN = 60
PAIRED = 5_000  # cases up to which pairs are looked at unasked: with more their table takes longer than a move should


def show(found: ReviewData, state: ReviewState) -> None:
    """Which figure of which groups, and the rows."""
    numbers = not found.titles
    titles = number_figures.TITLES if numbers else metric_table.TITLES
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        figure = st.selectbox(
            "Figure",
            number_groups.FIGURES if numbers else FIGURES,
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
        st.info(made.words or groups.NONE)
        if made.left_out:
            st.caption(_left_out(made))
        return
    title = titles[figure]
    rows = [_row(number, one, state) for number, one in enumerate(made.rows[:SHOWN])]
    overall = (number_figures.report(found).metrics if numbers else section_overview.figures(found)).get(figure)
    count = "patients" if numbers else "events"
    headings = [one.format(figure=title, unit=found.unit, count=count) for one in HEADINGS]
    forest.show(
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
        st.caption(f"A patient counts by all of its cases; where these differ it is in the group '{SEVERAL}'.")
    if numbers:
        unit = number_figures.unit(found)
        st.caption(f"In {look.plain(unit)}. " * bool(unit) + looks.told(found.state.split, found.run.id))


def as_csv(rows: Sequence[Subgroup]) -> bytes:
    """Every group with all digits."""
    columns: dict[str, list[Any]] = {
        "group": [look.group(_named(one.facts)) for one in rows],
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
        return kept(key, lambda: groups.of_numbers(wiring.here().db, run, per_patient=found.unit == "patient", **how))
    return kept(key, lambda: groups.of(wiring.here().db, run, finding=found.finding, point=point, **how))


def _row(number: int, one: Subgroup, state: ReviewState) -> forest.Row:
    value, gap = one.figure, one.gap
    words, far, count = (
        (_words(value), _gap(gap), one.events)
        if one.events is not None
        else (look.amount(value), look.amount(gap, signed=True), one.patients)
    )
    return forest.Row(
        number,
        look.group(_named(one.facts)),
        one.cases,
        count,
        value.value,
        value.low,
        value.high,
        words,
        far,
        "" if one.adjusted_p is None else look.p_value(one.adjusted_p),
        one.thin,
        state.group == _named(one.facts),
    )


def _words(one: Figure) -> str:
    """Never a bare number: without an interval it is not told."""
    return look.figure(one) if one.value is None or one.low is not None else "too few"


def _gap(one: Figure) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "–"
    return f"{look.signed(one.value)} ({look.signed(one.low)} to {look.signed(one.high)})"


def _named(facts: Sequence[tuple[str, str]]) -> str:
    return urlencode(facts)


def _opened(named: Sequence[str], row: int) -> None:
    if row < 0:
        marks.put()
    else:
        marks.put(group=named[row])


def _told(made: Groups, title: str, thin: str, *, pairs: bool) -> str:
    count, tested = len(made.rows), sum(one.p is not None for one in made.rows)
    told = f"p compares a group with the rest and is corrected for {look.count(tested, 'tested group')}."
    more = f" The {SHOWN} worst of {count:,} groups are shown, the CSV holds all." if count > SHOWN else ""
    # without a figure of any group the rows cannot say why
    none = {one.figure.note for one in made.rows} if all(one.figure.value is None for one in made.rows) else set()
    return (
        f"{title} of each group, the worst first; the dashed line is that of all cases, grey rows are thin ({thin}) "
        f"and not tested. {told if tested else 'No group could be tested.'}{more}"
        + ("" if pairs else " Pairs of facts are looked at by the switch.")
        + "".join(f" {look.plain(one)}" for one in sorted(none))
        + f" {_left_out(made)}".rstrip()
    )


def _left_out(made: Groups) -> str:
    """Which facts are not looked at, each with its reason; "" where all are."""
    left = "; ".join(f"{look.fact(name)}: {why}" for name, why in made.left_out.items())
    return f"Left out: {look.plain(left)}." if left else ""
