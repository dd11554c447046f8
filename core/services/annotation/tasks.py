"""Manage labelling tasks: questions and their ordered classes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging.tables.words import clean
from core.services.annotation import cases, numeric_answers, text_validation
from db import Database, queries
from db.tables import Case, LabelClass, Task
from db.vocabulary import MirrorSymmetry, TaskKind, Unit

FEWEST, MOST = 2, 9  # number keys 1 to 9 answer
LONGEST_GUIDELINE = 20_000
LONGEST_MEASURE = 40
LONGEST_CLASS = 120


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class: `name` is used in files, `title` on the screen; a retired one cannot be used for new answers."""

    position: int
    name: str
    title: str
    retired: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task: its question, its classes in output order, and its guideline.

    A number has no classes: `measure` is its unit, `low` and `high` are its range.
    """

    id: int
    name: str
    question: str
    unit: Unit
    classes: tuple[ClassView, ...]
    kind: TaskKind = TaskKind.SINGLE
    guideline: str = ""
    measure: str = ""
    low: float | None = None
    high: float | None = None
    flips: MirrorSymmetry = MirrorSymmetry.NONE


def list_tasks(db: Database) -> list[TaskView]:
    """Return all tasks, oldest first."""
    with db.read() as session:
        return [view(task) for task in session.scalars(select(Task).order_by(Task.id))]


def get(db: Database, task_id: int) -> TaskView:
    """Return one task.

    Raises:
        NotFound: no task has that id.
    """
    with db.read() as session:
        return view(row(session, task_id))


def task_named(db: Database, name: str) -> TaskView:
    """Return the task of a name.

    Raises:
        NotFound: no such name; lists the names.
    """
    with db.read() as session:
        task = queries.task_named(session, name)
        if task is None:
            names = ", ".join(session.scalars(select(Task.name).order_by(Task.id))) or "none yet"
            raise NotFound(f"There is no task '{name}'; the tasks of this home are: {names}.")
        return view(task)


def create(
    db: Database,
    *,
    name: str,
    classes: Sequence[str] = (),
    question: str = "",
    unit: Unit = Unit.IMAGE,
    kind: TaskKind = TaskKind.SINGLE,
    guideline: str = "",
    measure: str = "",
    low: float | None = None,
    high: float | None = None,
    flips: MirrorSymmetry = MirrorSymmetry.NONE,
) -> TaskView:
    """Create a task about every image (or series, or study) in the catalogue.

    A number has no classes: `measure` is its unit, `low` and `high` are its range. `flips` are the flips that keep
    the label.

    Raises:
        InvalidInput: no name, a name in use, fewer than two different classes or more than nine; classes for a number,
            a unit or range for classes, an empty range; a text that is too long or has control characters.
    """
    guideline = _guideline(guideline)
    classes = [text_validation.checked(text, what="A class", most=LONGEST_CLASS, lines=True) for text in classes]
    _check_answers(name, kind, list(filter(None, map(clean, classes))), measure, (low, high))
    with db.transaction() as session:
        if queries.task_named(session, name.strip()):
            raise InvalidInput(f"There is already a task '{name.strip()}'; choose another name.")
        task = make(session, name=name, classes=classes, question=question, unit=unit, kind=kind)
        task.guideline, task.flips = guideline, flips
        task.measure, task.low, task.high = (
            text_validation.checked(measure, what="The unit", most=LONGEST_MEASURE),
            low,
            high,
        )
        add_new_cases(session, task)
        return view(task)


def _check_answers(
    name: str, kind: TaskKind, classes: Sequence[str], measure: str, bounds: tuple[float | None, float | None]
) -> None:
    if kind is not TaskKind.NUMBER:
        if not FEWEST <= len(classes) <= MOST:
            raise InvalidInput(
                f"Task '{name}' has {len(classes)} classes; give {FEWEST} to {MOST} (one per number key)."
            )
        if measure or bounds != (None, None):
            raise InvalidInput(f"Task '{name}' is about classes, which have no unit and no range; leave them out.")
        return
    if classes:
        raise InvalidInput(f"Task '{name}' is about a number and has no classes; leave out {', '.join(classes)}.")
    numeric_answers.checked_range(*bounds, name)


def make(
    session: Session,
    *,
    name: str,
    classes: Sequence[str],
    question: str = "",
    unit: Unit = Unit.IMAGE,
    kind: TaskKind = TaskKind.SINGLE,
) -> Task:
    """Add the row of a new task, without cases, inside the caller's transaction.

    Raises:
        InvalidInput: no name, or a repeated class.
    """
    names = list(filter(None, map(clean, classes)))  # as a table names them, so that each comes back as it was
    if not name.strip():
        raise InvalidInput("A task needs a name, such as 'pneumonia'.")
    if len(set(names)) != len(names):
        raise InvalidInput(f"Task '{name}' has a class twice; its classes must differ.")
    task = Task(
        project_id=queries.project_id(session), name=name.strip(), question=question.strip(), unit=unit, kind=kind
    )
    task.classes = [LabelClass(position=position, name=text, title="") for position, text in enumerate(names)]
    session.add(task)
    session.flush()
    return task


def set_flips(db: Database, task_id: int, flips: MirrorSymmetry) -> TaskView:
    """Set the flips that keep the label, which a training may use for augmentation.

    Raises:
        NotFound: no task has that id.
    """
    with db.transaction() as session:
        task = row(session, task_id)
        task.flips = flips
        return view(task)


def set_guideline(db: Database, task_id: int, text: str) -> TaskView:
    """Set the labelling guideline of a task; an empty text removes it.

    Raises:
        NotFound: no task has that id.
        InvalidInput: the text is too long or has a control character.
    """
    text = _guideline(text)
    with db.transaction() as session:
        task = row(session, task_id)
        task.guideline = text
        return view(task)


def missing_cases(db: Database, task_id: int) -> int:
    """Count the images (or series, or studies) that are not in the task yet."""
    with db.read() as session:
        return cases.missing(session, row(session, task_id))


def add_missing_cases(db: Database, task_id: int) -> int:
    """Make a case of every image (or series, or study) not yet in the task; return their number."""
    with db.transaction() as session:
        return add_new_cases(session, row(session, task_id))


def add_new_cases(session: Session, task: Task) -> int:
    """Make the missing cases inside the caller's transaction; return their number."""
    counted = select(func.count(Case.id)).where(Case.task_id == task.id)
    before = session.scalar(counted) or 0
    cases.create_missing_cases(session, task)
    return (session.scalar(counted) or 0) - before


def view(task: Task) -> TaskView:
    """Convert a row to its view."""
    classes = tuple(
        ClassView(label.position, label.name, label.title or label.name, label.retired_at is not None)
        for label in task.classes
    )
    return TaskView(
        task.id,
        task.name,
        task.question,
        task.unit,
        classes,
        task.kind,
        task.guideline,
        task.measure,
        task.low,
        task.high,
        task.flips,
    )


def row(session: Session, task_id: int) -> Task:
    """Return the task's row, inside the caller's transaction.

    Raises:
        NotFound: no task has that id.
    """
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id}; choose one on the Label page.")
    return task


def _guideline(text: str) -> str:
    return text_validation.checked(text, what="The guideline", most=LONGEST_GUIDELINE, lines=True)
