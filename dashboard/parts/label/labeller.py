"""The labelling viewer with its queue of cases, and the choice of task and cases beside it."""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from core.services.annotation import annotations, tasks
from core.services.annotation.tasks import TaskView
from core.services.annotation.unassessable_reasons import REASONS
from dashboard import context, formatting, reader, url_history
from dashboard.parts.label import task_form
from dashboard.parts.widgets import drawing_options, viewer
from dashboard.server import serializers
from dashboard.url_state import LabelState
from db.vocabulary import TaskKind, Unit

ONLY = {"unlabelled": "Unlabelled", "labelled": "Labelled", "all": "All"}
NOUNS = {Unit.IMAGE: ("image", "images"), Unit.SERIES: ("series", "series"), Unit.STUDY: ("study", "studies")}


def choose(all_tasks: Sequence[TaskView], state: LabelState) -> LabelState:
    """Draw the sidebar: task and filter, a new task, the settings of a task; return what is selected."""
    ids = [task.id for task in all_tasks]
    names = {task.id: task.name for task in all_tasks}
    url_history.follow("label_task", state.task if state.task in ids else ids[0])
    url_history.follow("label_only", state.only if state.only in ONLY else "unlabelled")
    task_id = st.selectbox("Task", ids, format_func=names.__getitem__, key="label_task")
    only = st.segmented_control(
        "Cases",
        list(ONLY),
        format_func=ONLY.__getitem__,
        required=True,
        key="label_only",
    )
    offer_missing_cases(next(task for task in all_tasks if task.id == task_id))
    with st.popover("New task", icon=":material/add:"):
        made = task_form.show(key="new_task")
        if made:
            st.switch_page("views/label.py", query_params=LabelState(task=made).query())
    task = tasks.get(context.app_context().db, task_id)
    if task.kind is not TaskKind.NUMBER:
        with st.popover("Class names", icon=":material/edit:"):
            task_form.titles(task)
        with st.popover("Edit classes", icon=":material/rule:"):
            task_form.members(task)
    with st.popover("Flips", icon=":material/flip:"):
        task_form.flips(task)
    with st.popover("Guideline", icon=":material/menu_book:"):
        task_form.guideline(task)
    if any(one.title.isdigit() for one in task.classes):
        st.caption("The classes are numbers from the imported file. Give them names that readers understand.")
    return LabelState(task=task_id, only=only or "unlabelled")


def offer_missing_cases(task: TaskView, *, key: str = "label_add") -> None:
    """Offer to add the images, series or studies that were imported after the task was created."""
    missing = tasks.missing_cases(context.app_context().db, task.id)
    singular, plural = NOUNS[task.unit]
    if missing and st.button(
        f"Add {formatting.count(missing, f'new {singular}', f'new {plural}')} to this task", key=key
    ):
        tasks.add_missing_cases(context.app_context().db, task.id)
        st.rerun()


def show(task: TaskView, only: str) -> bool:
    """Draw the viewer on the first cases of the queue; return False where the queue is empty."""
    wired, session, by = context.app_context(), reader.session_id(), reader.reader()
    cases = serializers.queue(wired.db, wired.signer, session, task_id=task.id, only=only)
    if not cases:
        return False
    data = {
        "mode": "label",
        "task": describe_task(task),
        "cases": cases,
        "progress": asdict(annotations.progress(wired.db, task.id)),
        "note": by,
        "drawing": drawing_options.offered(task),
        "api": {
            "queue": wired.signer.url("/api/queue", session, task=task.id, only=only),
            "labels": wired.signer.url("/api/labels", session, task=task.id, by=by),
            "undo": wired.signer.url("/api/undo", session, task=task.id, by=by),
            "comments": wired.signer.url("/api/comments", session, task=task.id, by=by),
            "drawings": drawing_options.url(task),
        },
    }
    viewer.show(key=f"labeller_{task.id}_{only}_{by}", data=data)
    return True


def describe_task(task: TaskView) -> dict[str, object]:
    """Return a task as the viewer reads it, as plain JSON values."""
    return {
        "id": task.id,
        "name": task.name,
        "question": task.question,
        "classes": drawing_options.classes(task),
        "kind": task.kind.value,
        "measure": task.measure,
        "low": task.low,
        "high": task.high,
        "guideline": task.guideline,
        "reasons": [{"name": name, "title": title} for name, title in REASONS.items()],
    }
