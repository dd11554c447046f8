"""The answers of a task: appended, named, retired and brought back, never deleted."""

import time
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services.annotation import tasks, text_validation
from core.services.annotation.tasks import FEWEST, MOST, TaskView
from db import Database
from db.tables import LabelClass, Task
from db.vocabulary import TaskKind

LONGEST = 120


def append(db: Database, task_id: int, name: str) -> TaskView:
    """One more answer, after those there are.

    Raises:
        NotFound: no task has that id.
        InvalidInput: no name, a name the task has already (also as a retired one), or no number key left.
    """
    name = text_validation.checked(name, what="The name of the class", most=LONGEST)
    with db.transaction() as session:
        task = tasks.row(session, task_id)
        if task.kind is TaskKind.NUMBER:
            raise InvalidInput(f"Task '{task.name}' asks for a number, which has no classes; make another task.")
        if not name:
            raise InvalidInput(f"A new class of task '{task.name}' needs a name, such as 'effusion'.")
        there = next((one for one in task.classes if name in (one.name, one.title)), None)
        if there is not None:
            way = "bring it back" if there.retired_at is not None else "choose another name"
            raise InvalidInput(f"Task '{task.name}' has the class '{name}' already; {way}.")
        if len(task.classes) >= MOST:
            raise InvalidInput(
                f"Task '{task.name}' has {len(task.classes)} classes, retired ones too, and there are "
                f"{MOST} number keys; make another task."
            )
        add_missing(session, task, [name])
        return tasks.view(task)


def retire(db: Database, task_id: int, position: int) -> TaskView:
    """Let a class take no new answer; what was said with it stays said.

    Raises:
        NotFound: no such task or class.
        InvalidInput: fewer than two classes would remain.
    """
    with db.transaction() as session:
        task, label = _found(session, task_id, position)
        remain = sum(one.retired_at is None and one is not label for one in task.classes)
        if remain < FEWEST:
            raise InvalidInput(
                f"'{label.title or label.name}' cannot be retired: task '{task.name}' would have "
                f"{remain} class(es), and a question needs {FEWEST}; add a class first."
            )
        label.retired_at = label.retired_at or time.time()
        return tasks.view(task)


def bring_back(db: Database, task_id: int, position: int) -> TaskView:
    """Let a retired class take answers again.

    Raises:
        NotFound: no such task or class.
    """
    with db.transaction() as session:
        task, label = _found(session, task_id, position)
        label.retired_at = None
        return tasks.view(task)


def set_titles(db: Database, task_id: int, titles: dict[str, str]) -> TaskView:
    """What people read in place of a class's code, by class name.

    Raises:
        NotFound: no task has that id.
        InvalidInput: a title is too long or holds a control character.
    """
    given = {
        name: text_validation.checked(text, what=f"The title of '{name}'", most=LONGEST)
        for name, text in titles.items()
    }
    with db.transaction() as session:
        task = tasks.row(session, task_id)
        for label in task.classes:
            label.title = given.get(label.name, label.title)
        return tasks.view(task)


def add_missing(session: Session, task: Task, names: Sequence[str]) -> None:
    """Add the classes that `task` lacks, after those it has: their order is the model's output order."""
    known = {label.name for label in task.classes}
    for name in names:
        if name not in known:
            task.classes.append(LabelClass(position=len(task.classes), name=name, title=""))
            known.add(name)
    session.flush()


def _found(session: Session, task_id: int, position: int) -> tuple[Task, LabelClass]:
    task = tasks.row(session, task_id)
    label = next((one for one in task.classes if one.position == position), None)
    if label is None:
        raise NotFound(
            f"Class {position + 1} is not one of the {len(task.classes)} of task '{task.name}'; reload the page."
        )
    return task, label
