"""Beside a case: the truth as it was frozen and as it stands, what this and other runs say of it."""

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
    """Truth and models."""
    if run.kind is TaskKind.MULTI:
        _answer(run.about(state.finding), row, finding=run.classes[state.finding])
    else:
        _answer(run, row)
    other_heads.further(run, row)
    _others(run, row, state)


def _answer(run: RunView, row: PredictionView, *, finding: str = "") -> None:
    """Truth and model, side by side; of `finding`, where the run is about findings."""
    db = context.app_context().db
    if run.kind is TaskKind.NUMBER:
        unit = tasks.get(db, run.task_id).measure
        _truth(numeric_answers.format_value(row.truth, unit), reviews.current_label(db, row.case_id))
        st.markdown(f"Model: **{row.probabilities[0]:.3g} {unit}**")
        return
    now = reviews.current_label(db, row.case_id, finding=finding)
    said = {Presence.ABSENT.value: run.titles[0], Presence.PRESENT.value: run.titles[1]} if finding else {}
    _truth(run.titles[row.label], said.get(now, now) if now else None)
    for title, probability in zip(run.titles, row.probabilities, strict=True):
        st.progress(probability, text=f"{title} {probability:.1%}")


def _truth(frozen: str, now: str | None) -> None:
    st.markdown(f"Truth as frozen: **{frozen}**" + (f"  \nNow: **{now}**" if now and now != frozen else ""))


def _others(run: RunView, row: PredictionView, state: CaseState) -> None:
    """One line for each other run that predicted the case."""
    db = context.app_context().db
    lines = []
    for other in [one for one in predictions.runs_of_case(db, row.case_id) if one != run.id][:MOST]:
        about = runs.get(db, other)
        finding = about.classes.index(run.classes[state.finding]) if _same_finding(run, about, state) else None
        for one in predictions.predictions_of_cases(db, other, [row.case_id], finding=finding):
            lines.append(formatting.escape_markdown(f"Run {other} · {about.model}: {_said(about, one, finding)}"))
    if lines:
        st.caption("  \n".join(lines))


def _same_finding(run: RunView, about: RunView, state: CaseState) -> bool:
    multi = run.kind is TaskKind.MULTI and about.kind is TaskKind.MULTI
    return multi and run.classes[state.finding] in about.classes


def _said(run: RunView, row: PredictionView, finding: int | None) -> str:
    if run.kind is TaskKind.NUMBER:
        return f"{row.probabilities[0]:.3g}"
    titles = run.about(finding).titles if finding is not None else run.titles
    at = max(range(len(row.probabilities)), key=row.probabilities.__getitem__)
    return f"{titles[at]} {row.probabilities[at]:.0%}"
