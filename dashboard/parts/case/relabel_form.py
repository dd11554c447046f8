"""What a reviewer says the answer should be: a class, what is to be said of one finding, or a number."""

from typing import Any

import streamlit as st

from core.services.annotation import annotations, tasks
from core.services.annotation.tasks import TaskView
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import context
from dashboard.url_state import CaseState
from db.vocabulary import Presence, TaskKind


def choose(run: RunView, row: PredictionView, state: CaseState) -> dict[str, Any] | None:
    """What `reviewing.judge` takes; None until something is chosen."""
    task = tasks.get(context.app_context().db, run.task_id)
    if task.kind is TaskKind.NUMBER:
        return _number(task, row)
    if task.kind is TaskKind.MULTI:
        return _finding(task, row, run.classes[state.finding])
    return _class(task, row)


def _class(task: TaskView, row: PredictionView) -> dict[str, Any] | None:
    classes = task.classes
    position = st.selectbox(
        "The label should be",
        [one.position for one in classes if not one.retired],
        index=None,
        placeholder="choose a class",
        key=f"relabel_{row.id}",
        format_func=lambda one: classes[one].title,
    )
    return None if position is None else {"label": position}


def _finding(task: TaskView, row: PredictionView, name: str) -> dict[str, Any] | None:
    """One finding anew; what stands of the others stays said."""
    asked = next(one for one in task.classes if one.name == name)
    word = st.selectbox(
        f"{asked.title} should be",
        [one.value for one in Presence],
        index=None,
        placeholder="choose",
        key=f"relabel_{row.id}_{asked.position}",
    )
    if word is None:
        return None
    retired = {one.position for one in task.classes if one.retired}
    stands = annotations.case(context.app_context().db, row.case_id).findings
    kept = {position: presence for position, presence in stands.items() if position not in retired}
    return {"findings": {**kept, asked.position: word}}


def _number(task: TaskView, row: PredictionView) -> dict[str, Any] | None:
    """The range is told by the service's own sentence, which the field would cut short."""
    title = f"The number should be ({task.measure})" if task.measure else "The number should be"
    value = st.number_input(title, value=None, key=f"relabel_{row.id}", placeholder="type a number")
    return None if value is None else {"value": float(value)}
