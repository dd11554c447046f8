"""Make a task; and see to its classes and its guideline later."""

from collections.abc import Callable

import streamlit as st

from core.errors import InvalidInput
from core.services import classes, tasks
from core.services.tasks import FEWEST, MOST, TaskView
from dashboard import wiring
from dashboard.parts import mishap
from db.vocabulary import TaskKind, Unit

KINDS = {
    TaskKind.SINGLE: "one of the answers", TaskKind.ORDINAL: "one of the answers, which are steps of a scale",
    TaskKind.MULTI: "each of the answers: a finding that is present, absent or uncertain",
}  # fmt: skip
GUIDELINE_HELP = "What readers agreed on. It opens beside the image by the key g."


def show(*, key: str) -> int | None:
    """The form of a new task; gives its id once it is made."""
    with st.form(key, border=False):
        name = st.text_input("Name", placeholder="pneumonia", key=f"{key}_name")
        question = st.text_input(
            "Question", placeholder="Is there pneumonia on this radiograph?", key=f"{key}_question"
        )
        kind = st.selectbox("A reader chooses", list(KINDS), key=f"{key}_kind", format_func=KINDS.__getitem__)
        answers = st.text_area("Answers, one per line, in order", "normal\npneumonia", key=f"{key}_classes")
        unit = Unit(
            st.selectbox("Asked about", [one.value for one in Unit], key=f"{key}_unit", format_func="every {}".format)
        )
        guideline = st.text_area("Guideline", key=f"{key}_guideline", help=GUIDELINE_HELP)
        made = st.form_submit_button("Make the task", type="primary")
    if not made:
        return None
    names = [line.strip() for line in answers.splitlines() if line.strip()]
    try:
        if not FEWEST <= len(names) <= MOST:
            raise InvalidInput(f"A task takes two to nine answers, one per number key; these are {len(names)}.")
        return tasks.create(wiring.here().db, name=name, classes=names, question=question, unit=unit, kind=kind,
                            guideline=guideline).id  # fmt: skip
    except InvalidInput as error:
        st.error(str(error))
        return None


def titles(task: TaskView) -> None:
    """What people read where a file's label is a code."""
    with st.form(f"titles_{task.id}", border=False):
        found = {one.name: st.text_input(f"Class {one.name}", one.title, key=f"title_{task.id}_{one.position}")
                 for one in task.classes}  # fmt: skip
        if st.form_submit_button("Keep"):
            _done(lambda: classes.set_titles(wiring.here().db, task.id, found))


def members(task: TaskView) -> None:
    """Which classes take answers: one more, one retired, one brought back."""
    db = wiring.here().db
    for one in task.classes:
        shown, act = st.columns([3, 2], vertical_alignment="center")
        shown.markdown(f"{one.position + 1} · {one.title}" + (" · retired" if one.retired else ""))
        way = classes.bring_back if one.retired else classes.retire
        if act.button("Bring back" if one.retired else "Retire", key=f"retire_{task.id}_{one.position}"):
            _done(lambda way=way, position=one.position: way(db, task.id, position))  # type: ignore[misc]
    with st.form(f"append_{task.id}", border=False, clear_on_submit=True):
        name = st.text_input("One more class", key=f"append_name_{task.id}")
        if st.form_submit_button("Add it"):
            _done(lambda: classes.append(db, task.id, name))
    st.caption("A retired class takes no new answer; what was said with it stays said.")


def guideline(task: TaskView) -> None:
    """What the readers of the task agreed on."""
    with st.form(f"guideline_{task.id}", border=False):
        text = st.text_area("Guideline", task.guideline, height=260, key=f"guideline_text_{task.id}",
                            help=GUIDELINE_HELP)  # fmt: skip
        if st.form_submit_button("Keep"):
            _done(lambda: tasks.set_guideline(wiring.here().db, task.id, text))


def _done(act: Callable[[], object]) -> None:
    """Do it and draw the page again; what is refused stands here as a sentence."""
    with mishap.as_sentence():
        act()
        st.rerun()
