"""Make a task, and name its classes."""

import streamlit as st

from core.errors import InvalidInput
from core.services import tasks
from core.services.tasks import TaskView
from dashboard import wiring
from db.vocabulary import Unit


def show(*, key: str) -> int | None:
    """The form of a new task; gives its id once it is made."""
    with st.form(key, border=False):
        name = st.text_input("Name", placeholder="pneumonia", key=f"{key}_name")
        question = st.text_input(
            "Question", placeholder="Is there pneumonia on this radiograph?", key=f"{key}_question"
        )
        classes = st.text_area("Answers, one per line, in order", "normal\npneumonia", key=f"{key}_classes")
        unit = Unit(
            st.selectbox("Asked about", [one.value for one in Unit], key=f"{key}_unit", format_func="every {}".format)
        )
        made = st.form_submit_button("Make the task", type="primary")
    if not made:
        return None
    names = [line.strip() for line in classes.splitlines() if line.strip()]
    try:
        if not 2 <= len(names) <= 9:
            raise InvalidInput(f"A task takes two to nine answers, one per number key; these are {len(names)}.")
        return tasks.create(wiring.here().db, name=name, classes=names, question=question, unit=unit).id
    except InvalidInput as error:
        st.error(str(error))
        return None


def titles(task: TaskView) -> None:
    """What people read where a file's label is a code."""
    with st.form(f"titles_{task.id}", border=False):
        found = {one.name: st.text_input(f"Class {one.name}", one.title, key=f"title_{task.id}_{one.position}")
                 for one in task.classes}  # fmt: skip
        if st.form_submit_button("Keep"):
            tasks.set_titles(wiring.here().db, task.id, found)
            st.rerun()
