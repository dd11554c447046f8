"""The matrix beside the figures with their intervals; every cell opens its cases."""

import html
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.evaluation.figure import Figure
from dashboard import look
from dashboard.asked import Asked
from dashboard.kept import kept
from dashboard.parts import chart, marks, matrix, of_classes
from dashboard.state import ReviewState

TITLES = {
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
    "f1": "F1",
    "mcc": "MCC",
    "kappa": "Kappa",
    "brier": "Brier score",
    "ece": "ECE",
    "weighted_kappa": "Weighted kappa",
    "mean_distance": "Mean distance",
}


def show(found: Asked, state: ReviewState) -> None:
    """The matrix left, the figures right."""
    with st.container(key="overview"):
        left, right = st.columns([1, 1.55], gap="large")
    with left:
        st.markdown("**Confusion matrix**")
        matrix.show(
            found.matrix(),
            found.titles,
            chosen=(state.truth, state.called),
            at=found.threshold,
            unit=f"{found.unit}s",
            key="matrix",
            opened=_opened,
        )
        _matrix_csv(found)
    with right:
        if found.scored is None:
            of_classes.show(found)
        else:
            table(
                figures(found, state.prevalence),
                name=f"figures-run-{found.run.id}-{state.split}",
                at=f"{found.threshold!r}",
            )


def figures(found: Asked, prevalence: float = -1.0) -> Mapping[str, Figure]:
    """Every figure at the operating point; those that no threshold moves are kept."""
    from core.evaluation.board import ORDER, moving, standing

    one = found.scored
    if one is None:
        return {}
    typed = prevalence if 0 < prevalence < 1 else None
    every = dict(kept((id(one), "standing"), lambda: (one, standing(one)))[1])
    every |= moving(one, found.threshold, prevalence=typed)
    return {name: every[name] for name in ORDER if name in every}


def table(found: Mapping[str, Figure], *, name: str, key: str = "figures", at: str = "") -> None:
    """A line for each figure: value, interval, n, how the interval was made. `at` stands on the table."""
    rows = "".join(_line(html.escape(TITLES.get(one, one)), told) for one, told in found.items())
    heads = "<th>figure</th><th>value</th><th>95 % interval</th><th>n</th><th>interval by</th>"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Figures**", width="stretch")
        chart.csv_button(lambda: figures_csv(found), name=name, key=key)
    st.html(f'<table class="rd-figures" data-at="{at}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>')
    if said := notes(found):
        st.caption(f"\\* {said}")


def figures_csv(found: Mapping[str, Figure]) -> bytes:
    """The same with all digits."""
    every = found.values()
    columns: dict[str, list[Any]] = {"figure": list(found)}
    columns |= {one: [getattr(figure, one) for figure in every] for one in Figure.__slots__}
    return chart.as_csv(columns)


def _line(title: str, one: Figure) -> str:
    if one.value is None:
        return f'<tr><td>{title}</td><td colspan="4" class="rd-why">{html.escape(one.note or "Undefined.")}</td></tr>'
    span = "–" if one.low is None or one.high is None else f"{one.low:.3f}–{one.high:.3f}"
    how = one.method or ("" if one.low is not None else "none")
    mark = '<sup class="rd-note">*</sup>' if one.note else ""
    return (
        f"<tr><td>{title}{mark}</td><td><b>{one.value:.3f}</b></td><td>{span}</td><td>{one.n:,}</td>"
        f"<td>{html.escape(how)}</td></tr>"
    )


def _matrix_csv(found: Asked) -> None:
    counts, titles = found.matrix(), found.titles
    columns = {"truth": list(titles)}
    told: dict[str, Any] = {f"called {title}": [row[at] for row in counts] for at, title in enumerate(titles)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("A cell opens its cases below.", width="stretch")
        chart.csv_button(partial(chart.as_csv, columns | told), name=f"matrix-run-{found.run.id}", key="matrix")


def _opened(cell: tuple[int, int]) -> None:
    if cell[0] < 0:
        marks.put()
    else:
        marks.put(truth=cell[0], called=cell[1])


def notes(found: Mapping[str, Figure]) -> str:
    """What has to be said of figures that are there, once for all that it is said of."""
    said: dict[str, list[str]] = {}
    for name, one in found.items():
        if one.note and one.value is not None:
            said.setdefault(one.note, []).append(TITLES.get(name, name))
    return " ".join(f"{', '.join(names)}: {look.plain(note)}" for note, names in said.items())


def intervals(found: Iterable[Figure]) -> str:
    """By what the intervals of a table were made that has no column for it."""
    ways = ", ".join(dict.fromkeys(one.method for one in found if one.method))
    return f"Intervals by: {ways}." if ways else ""
