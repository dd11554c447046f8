"""Draw the form for the correct answer: a class, the presence of one finding, or a number."""

from typing import Any

import streamlit as st

from core.services.annotation import annotations, tasks
from core.services.annotation.tasks import TaskView
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.url_state import CaseState
from db.vocabulary import Presence, TaskKind


def choose(run: RunView, row: PredictionView, state: CaseState) -> dict[str, Any] | None:
    """Return the answer as arguments of `reviews.judge`; None until one is chosen."""
    task = tasks.get(context.app_context().db, run.task_id)
    if task.kind is TaskKind.NUMBER:
        return _number(task, row)
    if task.kind is TaskKind.MULTI:
        return _finding(task, row, run.classes[state.finding])
    return _class(task, row)


def _class(task: TaskView, row: PredictionView) -> dict[str, Any] | None:
    classes = task.classes
    position = st.selectbox(
        "Correct label",
        [label_class.position for label_class in classes if not label_class.retired],
        index=None,
        placeholder="select a class",
        key=f"relabel_{row.id}",
        format_func=lambda at: classes[at].title,
    )
    return None if position is None else {"label": position}


def _finding(task: TaskView, row: PredictionView, name: str) -> dict[str, Any] | None:
    """Change one finding; the answers for the other findings stay as they are."""
    finding = next(label_class for label_class in task.classes if label_class.name == name)
    choice = st.selectbox(
        f"Correct answer: {formatting.escape_markdown(finding.title)}",
        [label_class.value for label_class in Presence],
        index=None,
        placeholder="select",
        key=f"relabel_{row.id}_{finding.position}",
    )
    if choice is None:
        return None
    retired = {label_class.position for label_class in task.classes if label_class.retired}
    findings = annotations.case(context.app_context().db, row.case_id).findings
    current = {position: presence for position, presence in findings.items() if position not in retired}
    return {"findings": {**current, finding.position: choice}}


def _number(task: TaskView, row: PredictionView) -> dict[str, Any] | None:
    """Return the number; the service checks its range, with a full sentence as the error."""
    title = f"Correct value ({formatting.escape_markdown(task.measure)})" if task.measure else "Correct value"
    value = st.number_input(title, value=None, key=f"relabel_{row.id}", placeholder="enter a number")
    return None if value is None else {"value": float(value)}
