"""Show the reference and current label of a case, and the predictions of this and other runs."""

import streamlit as st

from core.services.annotation import numeric_answers, tasks
from core.services.evaluation import reviews
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import other_heads
from dashboard.url_state import CaseState
from db.vocabulary import Presence, TaskKind

MOST = 6  # other runs


def show(run: RunView, row: PredictionView, state: CaseState) -> None:
    """Draw the labels and the predictions."""
    if run.kind is TaskKind.MULTI:
        _show_answer(run.about(state.finding), row, finding=run.classes[state.finding])
    else:
        _show_answer(run, row)
    other_heads.other_tasks(run, row)
    _show_other_runs(run, row, state)


def _show_answer(run: RunView, row: PredictionView, *, finding: str = "") -> None:
    """Draw the labels and this run's prediction; of `finding` in a multi-label task."""
    db = context.app_context().db
    if run.kind is TaskKind.NUMBER:
        unit = tasks.get(db, run.task_id).measure
        _show_labels(
            run.snapshot, numeric_answers.format_value(row.truth, unit), reviews.current_label(db, row.case_id)
        )
        st.markdown(f"Model: **{row.probabilities[0]:.3g} {unit}**")
        return
    current = reviews.current_label(db, row.case_id, finding=finding)
    titles = {Presence.ABSENT.value: run.titles[0], Presence.PRESENT.value: run.titles[1]} if finding else {}
    _show_labels(run.snapshot, run.titles[row.label], titles.get(current, current) if current else None)
    for title, probability in zip(run.titles, row.probabilities, strict=True):
        st.progress(probability, text=f"{formatting.escape_markdown(title)} {probability:.1%}")


def _show_labels(snapshot: str, reference: str, current: str | None) -> None:
    """Draw the reference label of the snapshot, and the current label if it differs."""
    escape = formatting.escape_markdown
    text = f"Reference label in dataset '{escape(snapshot)}': **{escape(reference)}**"
    st.markdown(text + (f"  \nCurrent label: **{escape(current)}**" if current and current != reference else ""))


def _show_other_runs(run: RunView, row: PredictionView, state: CaseState) -> None:
    """Draw one line for each other run that predicted the case."""
    db = context.app_context().db
    texts = []
    for other_id in [answer for answer in predictions.runs_of_case(db, row.case_id) if answer != run.id][:MOST]:
        other_run = runs.get(db, other_id)
        finding = other_run.classes.index(run.classes[state.finding]) if _same_finding(run, other_run, state) else None
        for other_row in predictions.predictions_of_cases(db, other_id, [row.case_id], finding=finding):
            texts.append(
                formatting.escape_markdown(
                    f"Run {other_id} · {other_run.model}: {_answer_text(other_run, other_row, finding)}"
                )
            )
    if texts:
        st.caption("  \n".join(texts))


def _same_finding(run: RunView, other_run: RunView, state: CaseState) -> bool:
    multi = run.kind is TaskKind.MULTI and other_run.kind is TaskKind.MULTI
    return multi and run.classes[state.finding] in other_run.classes


def _answer_text(run: RunView, row: PredictionView, finding: int | None) -> str:
    if run.kind is TaskKind.NUMBER:
        return f"{row.probabilities[0]:.3g}"
    titles = run.about(finding).titles if finding is not None else run.titles
    at = max(range(len(row.probabilities)), key=row.probabilities.__getitem__)
    return f"{titles[at]} {row.probabilities[at]:.0%}"
