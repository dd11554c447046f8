"""Show the reference and current label of a case, and the predictions of this and other runs."""

from contextlib import suppress

import streamlit as st

from core.errors import UserError
from core.services.annotation import numeric_answers, tasks
from core.services.evaluation import reviews
from core.services.evaluation.case_call import call_of_other_run
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import call, other_heads
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState
from db.vocabulary import Presence, TaskKind

MOST = 6  # other runs


def show(run: RunView, row: PredictionView, state: CaseState) -> None:
    """Draw the labels and the predictions."""
    _show_answer(run, row, state)
    other_heads.other_tasks(run, row)
    _show_other_runs(run, row, state)


def _show_answer(whole: RunView, row: PredictionView, state: CaseState) -> None:
    """Draw the labels and this run's prediction; of the finding in question in a multi-label task."""
    db, multi = context.app_context().db, whole.kind is TaskKind.MULTI
    run, finding = (whole.about(state.finding), whole.classes[state.finding]) if multi else (whole, "")
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
    decided = call.show(whole, row, state)
    if decided is None or len(run.titles) > 2:
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
            answer = _answer_text(run, other_run, other_row, state)
            texts.append(formatting.escape_markdown(f"Run {other_id} · {other_run.model}: {answer}"))
    if texts:
        st.caption("  \n".join(texts))


def _same_finding(run: RunView, other_run: RunView, state: CaseState) -> bool:
    multi = run.kind is TaskKind.MULTI and other_run.kind is TaskKind.MULTI
    return multi and run.classes[state.finding] in other_run.classes


def _answer_text(run: RunView, other_run: RunView, row: PredictionView, state: CaseState) -> str:
    if run.kind is TaskKind.NUMBER:
        return f"{row.probabilities[0]:.3g}"
    with suppress(UserError):  # a finding that the other run lacks, or a patient that another case stands for
        decided = call_of_other_run(review_source(), run, other_run, state, row)
        if decided is not None:
            return decided.words
    return "not counted for this question"
