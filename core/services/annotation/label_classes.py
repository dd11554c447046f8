"""Edit the classes of a task: append, name, retire and restore them; never delete."""

import time
from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging.tables.words import clean
from core.services.annotation import tasks, text_validation
from core.services.annotation.tasks import FEWEST, MOST, TaskView
from db import Database
from db.tables import LabelClass, Task
from db.vocabulary import TaskKind

LONGEST = tasks.LONGEST_CLASS


def append(db: Database, task_id: int, name: str) -> TaskView:
    """Append a class to a task.

    Raises:
        NotFound: no task has that id.
        InvalidInput: no name, a name that the task has already (even retired), or no number key left.
    """
    name = clean(text_validation.checked(name, what="The name of the class", most=LONGEST))
    with db.transaction() as session:
        task = tasks.row(session, task_id)
        if task.kind is TaskKind.NUMBER:
            raise InvalidInput(f"Task '{task.name}' is about a number, which has no classes; create another task.")
        if not name:
            raise InvalidInput(f"The new class of task '{task.name}' needs a name, such as 'effusion'.")
        existing = next((one for one in task.classes if name in (one.name, one.title)), None)
        if existing is not None:
            way = "restore it" if existing.retired_at is not None else "choose another name"
            raise InvalidInput(f"Task '{task.name}' already has the class '{name}'; {way}.")
        if len(task.classes) >= MOST:
            raise InvalidInput(
                f"Task '{task.name}' has {len(task.classes)} classes including retired ones, but there are only "
                f"{MOST} number keys; create another task."
            )
        add_missing(session, task, [name])
        return tasks.view(task)


def retire(db: Database, task_id: int, position: int) -> TaskView:
    """Retire a class from new answers; existing answers keep it.

    Raises:
        NotFound: no such task or class.
        InvalidInput: fewer than two classes would remain.
    """
    with db.transaction() as session:
        task, label = _task_and_class(session, task_id, position)
        remain = sum(one.retired_at is None and one is not label for one in task.classes)
        if remain < FEWEST:
            raise InvalidInput(
                f"'{label.title or label.name}' cannot be retired: task '{task.name}' would be left with "
                f"{remain} class(es) and needs {FEWEST}; add a class first."
            )
        label.retired_at = label.retired_at or time.time()
        return tasks.view(task)


def bring_back(db: Database, task_id: int, position: int) -> TaskView:
    """Restore a retired class for new answers.

    Raises:
        NotFound: no such task or class.
    """
    with db.transaction() as session:
        task, label = _task_and_class(session, task_id, position)
        label.retired_at = None
        return tasks.view(task)


def set_titles(db: Database, task_id: int, titles: dict[str, str]) -> TaskView:
    """Set the displayed titles of classes, by class name.

    Raises:
        NotFound: no task has that id.
        InvalidInput: a title is too long or has a control character.
    """
    checked_titles = {
        name: text_validation.checked(text, what=f"The title of '{name}'", most=LONGEST)
        for name, text in titles.items()
    }
    with db.transaction() as session:
        task = tasks.row(session, task_id)
        for label in task.classes:
            label.title = checked_titles.get(label.name, label.title)
        return tasks.view(task)


def add_missing(session: Session, task: Task, names: Sequence[str]) -> None:
    """Append the classes that `task` lacks; the order of classes is the model's output order."""
    known = {label.name for label in task.classes}
    for name in names:
        if name not in known:
            task.classes.append(LabelClass(position=len(task.classes), name=name, title=""))
            known.add(name)
    session.flush()


def _task_and_class(session: Session, task_id: int, position: int) -> tuple[Task, LabelClass]:
    task = tasks.row(session, task_id)
    label = next((one for one in task.classes if one.position == position), None)
    if label is None:
        raise NotFound(
            f"Task '{task.name}' has {len(task.classes)} classes, so there is no class {position + 1}; reload the page."
        )
    return task, label
