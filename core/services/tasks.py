"""Questions and their ordered answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services import texts
from db import Database, queries
from db.tables import Case, Image, LabelClass, Task
from db.vocabulary import TaskKind, Unit

FEWEST, MOST = 2, 9  # number keys 1 to 9 answer
LONGEST_GUIDELINE = 20_000


@dataclass(frozen=True, slots=True)
class ClassView:
    """One answer: `name` is what files say, `title` what people read; a retired one takes no new answer."""

    position: int
    name: str
    title: str
    retired: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """A question, its answers in the order of the model's outputs, and what its readers agreed on."""

    id: int
    name: str
    question: str
    unit: Unit
    classes: tuple[ClassView, ...]
    kind: TaskKind = TaskKind.SINGLE
    guideline: str = ""


def every(db: Database) -> list[TaskView]:
    """All tasks, oldest first."""
    with db.read() as session:
        return [view(task) for task in session.scalars(select(Task).order_by(Task.id))]


def get(db: Database, task_id: int) -> TaskView:
    """One task.

    Raises:
        NotFound: no task has that id.
    """
    with db.read() as session:
        return view(row(session, task_id))


def named(db: Database, name: str) -> TaskView:
    """The task of that name.

    Raises:
        NotFound: says which there are.
    """
    with db.read() as session:
        task = queries.task_named(session, name)
        if task is None:
            names = ", ".join(session.scalars(select(Task.name).order_by(Task.id))) or "none yet"
            raise NotFound(f"There is no task '{name}'; the tasks of this home are: {names}.")
        return view(task)


def create(
    db: Database, *, name: str, classes: Sequence[str], question: str = "", unit: Unit = Unit.IMAGE,
    kind: TaskKind = TaskKind.SINGLE, guideline: str = "",
) -> TaskView:  # fmt: skip
    """A new question about every image (or series) there is now.

    Raises:
        InvalidInput: no name, a name already taken, fewer than two different classes, or more than nine; a guideline
            that is too long or holds control characters.
    """
    guideline = _guideline(guideline)
    count = sum(bool(text.strip()) for text in classes)
    if not FEWEST <= count <= MOST:
        raise InvalidInput(f"Task '{name}' has {count} classes; give {FEWEST} to {MOST}, one per number key.")
    with db.transaction() as session:
        if queries.task_named(session, name.strip()):
            raise InvalidInput(f"There is already a task '{name.strip()}'; choose another name.")
        task = make(session, name=name, classes=classes, question=question, unit=unit, kind=kind)
        task.guideline = guideline
        add_new_cases(session, task)
        return view(task)


def make(
    session: Session, *, name: str, classes: Sequence[str], question: str = "", unit: Unit = Unit.IMAGE,
    kind: TaskKind = TaskKind.SINGLE,
) -> Task:  # fmt: skip
    """The row of a new task, inside the caller's transaction; it has no cases yet."""
    names = [text.strip() for text in classes if text.strip()]
    if not name.strip():
        raise InvalidInput("A task needs a name, such as 'pneumonia'.")
    if len(set(names)) != len(names):
        raise InvalidInput(f"Task '{name}' names a class twice; its classes must differ.")
    task = Task(
        project_id=queries.project_id(session), name=name.strip(), question=question.strip(), unit=unit, kind=kind
    )
    task.classes = [LabelClass(position=position, name=text, title="") for position, text in enumerate(names)]
    session.add(task)
    session.flush()
    return task


def set_guideline(db: Database, task_id: int, text: str) -> TaskView:
    """What the readers of a task agreed on, in their words; an empty text takes it away.

    Raises:
        NotFound: no task has that id.
        InvalidInput: it is too long or holds a control character.
    """
    text = _guideline(text)
    with db.transaction() as session:
        task = row(session, task_id)
        task.guideline = text
        return view(task)


def missing_cases(db: Database, task_id: int) -> int:
    """How many images (or series) came after the task and are not in it."""
    with db.read() as session:
        task = row(session, task_id)
        inside = select(Case.image_id).where(Case.task_id == task_id)
        if task.unit is Unit.SERIES:
            series = select(Case.series_id).where(Case.task_id == task_id)
            wanted = select(func.count(func.distinct(Image.series_id))).where(
                Image.series_id.isnot(None), Image.series_id.notin_(series)
            )
        else:
            wanted = select(func.count(Image.id)).where(Image.id.notin_(inside))
        return session.scalar(wanted.where(Image.excluded_because.is_(None))) or 0


def add_missing_cases(db: Database, task_id: int) -> int:
    """Make a case of every image (or series) not yet in the task; gives their number."""
    with db.transaction() as session:
        return add_new_cases(session, row(session, task_id))


def add_new_cases(session: Session, task: Task) -> int:
    """The same, inside the caller's transaction."""
    before = session.scalar(select(func.count(Case.id)).where(Case.task_id == task.id)) or 0
    if task.unit is Unit.SERIES:
        _add_series(session, task)
    else:
        inside = select(Case.image_id).where(Case.task_id == task.id)
        fresh = select(literal(task.id), Image.id).where(
            Image.project_id == task.project_id, Image.excluded_because.is_(None), Image.id.notin_(inside)
        )
        session.execute(insert(Case).from_select(["task_id", "image_id"], fresh.order_by(Image.id)))
    after = session.scalar(select(func.count(Case.id)).where(Case.task_id == task.id)) or 0
    return after - before


def view(task: Task) -> TaskView:
    """A row as pages see it."""
    classes = tuple(
        ClassView(label.position, label.name, label.title or label.name, label.retired_at is not None)
        for label in task.classes
    )
    return TaskView(task.id, task.name, task.question, task.unit, classes, task.kind, task.guideline)


def row(session: Session, task_id: int) -> Task:
    """The task's row, inside the caller's transaction.

    Raises:
        NotFound: no task has that id.
    """
    found = session.get(Task, task_id)
    if found is None:
        raise NotFound(f"Task {task_id} is not in this catalogue; choose one from the Label page.")
    return found


def _add_series(session: Session, task: Task) -> None:
    inside = set(session.scalars(select(Case.series_id).where(Case.task_id == task.id)))
    every_id = session.scalars(select(Image.series_id).where(Image.series_id.isnot(None)).distinct())
    fresh = [series_id for series_id in every_id if series_id is not None and series_id not in inside]
    for series_id, images in queries.stacks(session, fresh).items():
        # A case always names an image: of a series the middle slice, which is what a 2-D model is shown.
        session.add(Case(task_id=task.id, series_id=series_id, image_id=images[len(images) // 2]))


def _guideline(text: str) -> str:
    return texts.checked(text, what="The guideline", most=LONGEST_GUIDELINE, lines=True)
