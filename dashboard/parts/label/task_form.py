"""Forms that create a labelling task and edit its classes, its flips and its guideline."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InvalidInput
from core.services.annotation import label_classes, tasks
from core.services.annotation.tasks import FEWEST, MOST, TaskView
from dashboard import context, formatting
from dashboard.parts.widgets import errors
from db.vocabulary import MirrorSymmetry, TaskKind, Unit

KINDS = {
    TaskKind.SINGLE: "Single choice: one class per case",
    TaskKind.ORDINAL: "Ordinal: one grade of a scale",
    TaskKind.MULTI: "Multiple findings: each present, absent or uncertain",
    TaskKind.NUMBER: "Number: a measured value",
}
FLIPS = {
    MirrorSymmetry.NONE: "None: orientation matters",
    MirrorSymmetry.LEFT_RIGHT: "Left–right",
    MirrorSymmetry.ANY: "Left–right and top–bottom",
}
FLIPS_HELP = "Flips that do not change the label of a case. Training never uses any other flip."
GUIDELINE_HELP = "What the readers agreed on. Press g to open it beside the image."


def show(*, key: str) -> int | None:
    """Draw the form of a new task; return its id once it is created."""
    kind = st.selectbox("Answer type", list(KINDS), key=f"{key}_kind", format_func=KINDS.__getitem__)
    with st.form(key, border=False):
        number = kind is TaskKind.NUMBER
        name = st.text_input("Name", placeholder="age" if number else "pneumonia", key=f"{key}_name")
        example = "How old is the patient?" if number else "Is there pneumonia on this radiograph?"
        question = st.text_input("Question", placeholder=example, key=f"{key}_question")
        answers = _numbers(key) if number else _classes(key)
        unit = Unit(
            st.selectbox(
                "Unit of annotation", [one.value for one in Unit], key=f"{key}_unit", format_func=str.capitalize
            )
        )
        flips = st.selectbox(
            "Flips that keep the label",
            list(FLIPS),
            key=f"{key}_flips",
            help=FLIPS_HELP,
            format_func=FLIPS.__getitem__,
        )
        guideline = st.text_area("Guideline", key=f"{key}_guideline", help=GUIDELINE_HELP)
        submitted = st.form_submit_button("Create task", type="primary")
    if not submitted:
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
    lines = st.text_area("Classes, one per line, in order", "normal\npneumonia", key=f"{key}_classes")

    def entered() -> dict[str, Any]:
        names = [line.strip() for line in lines.splitlines() if line.strip()]
        if not FEWEST <= len(names) <= MOST:
            raise InvalidInput(f"A task needs {FEWEST} to {MOST} classes, one per number key; {len(names)} entered.")
        return {"classes": names}

    return entered


def _numbers(key: str) -> Callable[[], dict[str, Any]]:
    left, middle, right = st.columns(3)
    measure = left.text_input("Unit", placeholder="years", key=f"{key}_measure")
    low = middle.number_input(
        "Minimum", value=None, key=f"{key}_low", placeholder="any", help="Smallest accepted value."
    )
    high = right.number_input(
        "Maximum", value=None, key=f"{key}_high", placeholder="any", help="Largest accepted value."
    )
    return lambda: {"measure": measure, "low": low, "high": high}


def flips(task: TaskView) -> None:
    """Draw the choice of flips that keep the label; a change is saved at once."""
    chosen = st.selectbox(
        "Flips that keep the label",
        list(FLIPS),
        list(FLIPS).index(task.flips),
        key=f"flips_{task.id}",
        format_func=FLIPS.__getitem__,
        help=FLIPS_HELP,
    )
    if chosen is not task.flips:
        _done(lambda: tasks.set_flips(context.app_context().db, task.id, chosen))


def titles(task: TaskView) -> None:
    """Draw the form of class titles: what readers see where an imported label is a code."""
    with st.form(f"titles_{task.id}", border=False):
        entered = {
            item.name: st.text_input(
                f"Class {formatting.escape_markdown(item.name)}", item.title, key=f"title_{task.id}_{item.position}"
            )
            for item in task.classes
        }
        if st.form_submit_button("Save"):
            _done(lambda: label_classes.set_titles(context.app_context().db, task.id, entered))


def members(task: TaskView) -> None:
    """Draw the classes: add one, retire one, restore one."""
    db = context.app_context().db
    for item in task.classes:
        shown, act = st.columns([3, 2], vertical_alignment="center")
        shown.markdown(
            f"{item.position + 1} · {formatting.escape_markdown(item.title)}" + (" · retired" if item.retired else "")
        )
        change = label_classes.bring_back if item.retired else label_classes.retire
        if act.button("Restore" if item.retired else "Retire", key=f"retire_{task.id}_{item.position}"):
            _done(lambda change=change, position=item.position: change(db, task.id, position))  # type: ignore[misc]
    with st.form(f"append_{task.id}", border=False, clear_on_submit=True):
        name = st.text_input("New class", key=f"append_name_{task.id}")
        if st.form_submit_button("Add"):
            _done(lambda: label_classes.append(db, task.id, name))
    st.caption("A retired class cannot be chosen for new labels. Its existing labels stay.")


def guideline(task: TaskView) -> None:
    """Draw the form of the guideline that the readers of the task agreed on."""
    with st.form(f"guideline_{task.id}", border=False):
        text = st.text_area(
            "Guideline", task.guideline, height=260, key=f"guideline_text_{task.id}", help=GUIDELINE_HELP
        )
        if st.form_submit_button("Save"):
            _done(lambda: tasks.set_guideline(context.app_context().db, task.id, text))


def _done(act: Callable[[], object]) -> None:
    """Run the change and draw the page again; show an error as a sentence."""
    with errors.show_errors():
        act()
        st.rerun()
