"""Of more than two classes: the figures of all together, and of each against the rest."""

import html

import streamlit as st

from core.evaluation.figure import Figure
from core.evaluation.report import Report
from core.services import evaluating
from dashboard import asked, look, wiring
from dashboard.asked import Asked
from dashboard.kept import kept

OF_EACH = {"auroc": "AUROC", "sensitivity": "Sensitivity", "ppv": "PPV", "f1": "F1"}


def show(found: Asked) -> None:
    """Means over classes, then a line for each class."""
    from dashboard.parts import section_overview

    told = report(found)
    section_overview.table(told.metrics, name=f"figures-run-{found.run.id}-{found.state.split}")
    heads = "".join(f"<th>{title}</th>" for title in OF_EACH.values())
    rows = "".join(
        f"<tr><td>{html.escape(title)}</td>{''.join(_cell(told.per_class[name][key]) for key in OF_EACH)}</tr>"
        for name, title in zip(told.classes, found.titles, strict=True)
        if name in told.per_class
    )
    st.html(
        f'<table class="rd-figures"><thead><tr><th>each class</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )
    st.caption("The most probable class is called. Choose one class above to set an operating point for it.")


def report(found: Asked) -> Report:
    """Kept as long as the predictions stay the same."""
    wired = wiring.here()
    run, split = found.run.id, found.state.split
    key = (*asked.stamped(run, split), "report")
    return kept(key, lambda: evaluating.evaluate(wired.db, run, split=split))


def _cell(one: Figure) -> str:
    return f'<td title="{html.escape(one.note)}">{look.figure(one)}</td>'
