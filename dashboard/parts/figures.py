"""The figures of a report with their intervals, its curves and its matrix."""

import streamlit as st

from core.evaluation.report import Report
from core.services import evaluating, predicting
from core.services.runs import RunView
from dashboard import look, wiring
from dashboard.parts import plots

FIRST = {"auroc": "AUROC", "accuracy": "Accuracy", "sensitivity": "Sensitivity", "specificity": "Specificity"}
TITLES = FIRST | {
    "f1": "F1", "ppv": "PPV", "npv": "NPV", "balanced_accuracy": "Balanced accuracy", "average_precision":
    "Average precision", "brier": "Brier score", "ece": "ECE", "mcc": "MCC", "kappa": "Kappa",
}  # fmt: skip


def report(run_id: int, split: str, finding: int | None = None) -> Report:
    """The run's report, kept while its predictions stay the same; of a run about findings, that of one of them."""
    found = predicting.every(wiring.here().db, run_id, split=split, finding=finding)
    return _report(run_id, split, finding, hash(tuple((row.id, row.probabilities) for row in found)))


@st.cache_data(max_entries=20, show_spinner="Resampling by patient …")
def _report(run_id: int, split: str, finding: int | None, _content: int) -> Report:
    return evaluating.evaluate(wiring.here().db, run_id, split=split, finding=finding)


def show(found: Report) -> None:
    """Four figures large, the rest in a table."""
    import pandas as pd

    with st.container(key="figures"):
        columns = st.columns(4)
    for column, (name, title) in zip(columns, FIRST.items(), strict=True):
        figure = found.metrics.get(name)
        if figure is None:
            continue
        with column:
            value = f"{figure.value:.3f}" if figure.value is not None else "undefined"
            st.metric(title, value, help=figure.note or None)
            if figure.value is not None and figure.low is not None:
                st.caption(f"95 % interval {figure.low:.3f}–{figure.high:.3f}, n = {figure.n:,}")
            elif figure.note:
                st.caption(figure.note)
    st.caption(
        f"{look.count(found.images, 'image')} of {look.count(found.patients, 'patient')}; "
        f"intervals resample whole patients {found.resamples:,} times; threshold {found.threshold:g}."
    )
    rest = [
        {"figure": TITLES.get(name, name), "value (95 % interval)": look.figure(one), "n": one.n, "note": one.note}
        for name, one in found.metrics.items()
        if name not in FIRST
    ]
    with st.expander("All figures"):
        st.dataframe(pd.DataFrame(rest), hide_index=True)


def plots_of(found: Report, run: RunView) -> tuple[int, int] | None:
    """ROC, precision–recall and the matrix; gives the cell that was clicked."""
    titles = dict(zip(run.classes, run.titles, strict=True))
    names = list(found.roc)
    name = (
        names[0]
        if len(names) == 1
        else st.selectbox("Class", names, format_func=titles.__getitem__, key="figure_class")
    )
    with st.container(key="plots"):
        first, second, third = st.columns(3, gap="medium")
    positives = sum(found.confusion[found.classes.index(name)])
    caption = f"{titles[name]} against the rest, {positives:,} of {found.images:,} images."
    with first:
        st.markdown("**ROC**")
        plots.roc(found.roc[name], caption=caption, key="roc")
    with second:
        st.markdown("**Precision and recall**")
        plots.precision_recall(found.pr[name], prevalence=positives / found.images, caption=caption, key="pr")
    with third:
        st.markdown("**Confusion matrix**")
        cell = plots.confusion(found.confusion, run.titles, key="matrix")
        st.caption("Click a cell to see its cases below.")
    return cell
