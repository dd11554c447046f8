"""Of more than two classes: the figures of all together, and of each against the rest."""

import html
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.evaluation.figure import Figure
from core.evaluation.report import Report
from core.services import evaluating
from dashboard import asked, look, wiring
from dashboard.asked import Asked
from dashboard.kept import kept
from dashboard.parts import chart, looks

OF_EACH = {"auroc": "AUROC", "sensitivity": "Sensitivity", "ppv": "PPV", "f1": "F1"}


def show(found: Asked) -> None:
    """Means over classes, then a line for each class."""
    from dashboard.parts import section_overview

    told = report(found)
    section_overview.table(told.metrics, name=f"figures-run-{found.run.id}-{found.state.split}")
    heads = "".join(f"<th>{title}</th>" for title in OF_EACH.values())
    rows = "".join(
        f"<tr><td>{html.escape(title)}</td>{''.join(_cell(figures[key]) for key in OF_EACH)}</tr>"
        for title, figures in _each(told, found.titles).items()
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Each class against the rest**", width="stretch")
        chart.csv_button(
            partial(as_csv, told, found.titles), key="classes", name=f"classes-run-{found.run.id}-{found.state.split}"
        )
    st.html(f'<table class="rd-figures"><thead><tr><th>class</th>{heads}</tr></thead><tbody>{rows}</tbody></table>')
    shown = [figures[key] for figures in _each(told, found.titles).values() for key in OF_EACH]
    st.caption(
        "Of each image the most probable class is called; choose one class above to count patients, or to set "
        f"an operating point for it. {section_overview.intervals(shown)} The CSV holds every figure of each "
        f"class. {looks.told(found.state.split, found.run.id)}"
    )


def report(found: Asked) -> Report:
    """Kept as long as the predictions stay the same."""
    wired = wiring.here()
    run, split = found.run.id, found.state.split
    key = (*asked.stamped(run, split), "report")
    return kept(key, lambda: evaluating.evaluate(wired.db, run, split=split))


def as_csv(told: Report, titles: Sequence[str]) -> bytes:
    """Every figure of each class with all digits."""
    from dashboard.parts import section_findings

    return section_findings.as_csv(_each(told, titles), of="class")


def _each(told: Report, titles: Sequence[str]) -> dict[str, dict[str, Figure]]:
    """The figures of each class against the rest, by its title."""
    every = zip(told.classes, titles, strict=True)
    return {title: told.per_class[name] for name, title in every if name in told.per_class}


def _cell(one: Figure) -> str:
    return f'<td title="{html.escape(one.note)}">{look.figure(one)}</td>'
