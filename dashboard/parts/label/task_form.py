"""Make a task; and see to its classes, its mirror images and its guideline later."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InvalidInput
from core.services.annotation import label_classes, tasks
from core.services.annotation.tasks import FEWEST, MOST, TaskView
from dashboard import context
from dashboard.parts.widgets import errors
from db.vocabulary import MirrorSymmetry, TaskKind, Unit

KINDS = {
    TaskKind.SINGLE: "one of the answers",
    TaskKind.ORDINAL: "one of the answers, which are steps of a scale",
    TaskKind.MULTI: "each of the answers: a finding that is present, absent or uncertain",
    TaskKind.NUMBER: "no answer of a list, but types a number",
}
FLIPS = {
    MirrorSymmetry.NONE: "none: left, right, top and bottom matter",
    MirrorSymmetry.LEFT_RIGHT: "mirrored left to right",
    MirrorSymmetry.ANY: "mirrored left to right or top to bottom",
}
FLIPS_HELP = "Which mirror images of a case have the same answer. Training shows no others, whatever its form says."
GUIDELINE_HELP = "What readers agreed on. It opens beside the image by the key g."


def show(*, key: str) -> int | None:
    """The form of a new task; gives its id once it is made."""
    kind = st.selectbox("A reader chooses", list(KINDS), key=f"{key}_kind", format_func=KINDS.__getitem__)
    with st.form(key, border=False):
        number = kind is TaskKind.NUMBER
        name = st.text_input("Name", placeholder="age" if number else "pneumonia", key=f"{key}_name")
        example = "How old is the patient?" if number else "Is there pneumonia on this radiograph?"
        question = st.text_input("Question", placeholder=example, key=f"{key}_question")
        answers = _numbers(key) if number else _classes(key)
        unit = Unit(
            st.selectbox("Asked about", [one.value for one in Unit], key=f"{key}_unit", format_func="every {}".format)
        )
        flips = st.selectbox(
            "Mirror images with the same answer",
            list(FLIPS),
            key=f"{key}_flips",
            help=FLIPS_HELP,
            format_func=FLIPS.__getitem__,
        )
        guideline = st.text_area("Guideline", key=f"{key}_guideline", help=GUIDELINE_HELP)
        made = st.form_submit_button("Make the task", type="primary")
    if not made:
        return None
    try:
        return tasks.create(
            context.app_context().db,
            name=name,
            question=question,
            unit=unit,
            kind=kind,
            guideline=guideline,
            flips=flips,
            **answers(),
        ).id
    except InvalidInput as error:
        st.error(str(error))
        return None


def _classes(key: str) -> Callable[[], dict[str, Any]]:
    lines = st.text_area("Answers, one per line, in order", "normal\npneumonia", key=f"{key}_classes")

    def said() -> dict[str, Any]:
        names = [line.strip() for line in lines.splitlines() if line.strip()]
        if not FEWEST <= len(names) <= MOST:
            raise InvalidInput(f"A task takes two to nine answers, one per number key; these are {len(names)}.")
        return {"classes": names}

    return said


def _numbers(key: str) -> Callable[[], dict[str, Any]]:
    left, middle, right = st.columns(3)
    measure = left.text_input("Unit", placeholder="years", key=f"{key}_measure")
    low = middle.number_input("Least", value=None, key=f"{key}_low", placeholder="any", help="The least that is taken.")
    high = right.number_input("Most", value=None, key=f"{key}_high", placeholder="any", help="The most that is taken.")
    return lambda: {"measure": measure, "low": low, "high": high}


def flips(task: TaskView) -> None:
    """Which mirror images have the same answer; changes at once."""
    chosen = st.selectbox(
        "Mirror images with the same answer",
        list(FLIPS),
        list(FLIPS).index(task.flips),
        key=f"flips_{task.id}",
        format_func=FLIPS.__getitem__,
        help=FLIPS_HELP,
    )
    if chosen is not task.flips:
        _done(lambda: tasks.set_flips(context.app_context().db, task.id, chosen))


def titles(task: TaskView) -> None:
    """What people read where a file's label is a code."""
    with st.form(f"titles_{task.id}", border=False):
        found = {
            one.name: st.text_input(f"Class {one.name}", one.title, key=f"title_{task.id}_{one.position}")
            for one in task.classes
        }
        if st.form_submit_button("Keep"):
            _done(lambda: label_classes.set_titles(context.app_context().db, task.id, found))


def members(task: TaskView) -> None:
    """Which classes take answers: one more, one retired, one brought back."""
    db = context.app_context().db
    for one in task.classes:
        shown, act = st.columns([3, 2], vertical_alignment="center")
        shown.markdown(f"{one.position + 1} · {one.title}" + (" · retired" if one.retired else ""))
        way = label_classes.bring_back if one.retired else label_classes.retire
        if act.button("Bring back" if one.retired else "Retire", key=f"retire_{task.id}_{one.position}"):
            _done(lambda way=way, position=one.position: way(db, task.id, position))  # type: ignore[misc]
    with st.form(f"append_{task.id}", border=False, clear_on_submit=True):
        name = st.text_input("One more class", key=f"append_name_{task.id}")
        if st.form_submit_button("Add it"):
            _done(lambda: label_classes.append(db, task.id, name))
    st.caption("A retired class takes no new answer; what was said with it stays said.")


def guideline(task: TaskView) -> None:
    """What the readers of the task agreed on."""
    with st.form(f"guideline_{task.id}", border=False):
        text = st.text_area(
            "Guideline", task.guideline, height=260, key=f"guideline_text_{task.id}", help=GUIDELINE_HELP
        )
        if st.form_submit_button("Keep"):
            _done(lambda: tasks.set_guideline(context.app_context().db, task.id, text))


def _done(act: Callable[[], object]) -> None:
    """Do it and draw the page again; what is refused stands here as a sentence."""
    with errors.show_errors():
        act()
        st.rerun()
