"""Who says what about a case: append-only, idempotent by key, undone by one more row."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from db import Database, queries
from db.tables import Annotation, Case, Image, LabelClass, Reader
from db.vocabulary import ANSWERED, Answer, LabelSource


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case in a queue: its image, or its stack in order; `label` is the class's position."""

    id: int
    task_id: int
    image_ids: tuple[int, ...]
    patient: str
    facts: dict[str, str]
    answer: str | None
    label: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is; an unreadable image counts as answered."""

    total: int
    labelled: int


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a case's history."""

    at: float
    reader: str
    source: LabelSource
    text: str


def queue(db: Database, *, task_id: int, only: str = "all", after: int = 0, limit: int = 20) -> list[CaseView]:
    """The next cases of a task by id; `only` is all, unlabelled or labelled."""
    with db.read() as session:
        wanted = select(Case).where(Case.task_id == task_id, Case.id > after, *_shown(only))
        return _views(session, session.scalars(wanted.order_by(Case.id).limit(limit)).all())


def case(db: Database, case_id: int) -> CaseView:
    """One case.

    Raises:
        NotFound: no case has that id.
    """
    with db.read() as session:
        return _views(session, [_row(session, case_id)])[0]


def progress(db: Database, task_id: int) -> Progress:
    """Cases of the task, and how many have an answer; excluded images do not count."""
    with db.read() as session:
        counted = select(func.count(Case.id)).where(Case.task_id == task_id)
        total = session.scalar(counted.where(*_shown("all"))) or 0
        return Progress(total, session.scalar(counted.where(*_shown("labelled"))) or 0)


def label(db: Database, *, case_id: int, answer: Answer, label: int | None, by: str, key: str) -> CaseView:
    """Append what `by` says of a case. `label` is a class position; `key` makes sending twice one row.

    Raises:
        NotFound: no such case.
        InvalidInput: a label without a class, or a position outside the task's classes.
    """
    answer = Answer(answer)
    with db.transaction() as session:
        row = _row(session, case_id)
        if not _exists(session, key):
            annotate(session, row, answer=answer, label_id=_class_id(session, row.task_id, answer, label),
                     reader_id=queries.reader_id(session, by), source=LabelSource.HUMAN, key=key)  # fmt: skip
        return _views(session, [row])[0]


def undo(db: Database, *, case_id: int, by: str, key: str) -> CaseView:
    """Take back what `by` said last of this case: the state beneath it stands again.

    Raises:
        NotFound: no such case.
        InvalidInput: this reader has nothing to take back here.
    """
    with db.transaction() as session:
        row = _row(session, case_id)
        if not _exists(session, key):
            _undo(session, row, by=by, key=key)
        return _views(session, [row])[0]


def history(db: Database, case_id: int) -> list[Said]:
    """Everything that was ever said of a case, oldest first."""
    with db.read() as session:
        said = (
            select(Annotation, Reader.name, LabelClass)
            .join(Reader, Reader.id == Annotation.reader_id)
            .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
            .where(Annotation.case_id == case_id)
            .order_by(Annotation.id)
        )
        return [
            Said(row.created_at, reader, row.source, _words(row, name)) for row, reader, name in session.execute(said)
        ]


def annotate(
    session: Session, row: Case, *, answer: Answer, label_id: int | None, reader_id: int, source: LabelSource, key: str,
    undoes: int | None = None,
) -> Annotation:  # fmt: skip
    """Append one annotation inside the caller's transaction and let the case show it."""
    said = Annotation(
        case_id=row.id, reader_id=reader_id, answer=answer, label_id=label_id,
        source=source, client_key=key, undoes_id=undoes,
    )  # fmt: skip
    session.add(said)
    row.answer, row.label_id = answer, label_id
    return said


def class_id(session: Session, task_id: int, position: int) -> int:
    """The class at a position of a task.

    Raises:
        InvalidInput: says which there are.
    """
    classes = session.scalars(select(LabelClass).where(LabelClass.task_id == task_id)).all()
    for candidate in classes:
        if candidate.position == position:
            return candidate.id
    raise InvalidInput(f"Class {position + 1} is not one of this task's {len(classes)} classes; reload the page.")


def _class_id(session: Session, task_id: int, answer: Answer, position: int | None) -> int | None:
    if answer is not Answer.LABEL:
        return None
    if position is None:
        raise InvalidInput("A label names a class; choose one of the task's classes, or 'cannot be read'.")
    return class_id(session, task_id, position)


def _undo(session: Session, row: Case, *, by: str, key: str) -> None:
    reader = queries.reader_id(session, by)
    undone = select(Annotation.undoes_id).where(Annotation.case_id == row.id, Annotation.undoes_id.isnot(None))
    standing = (
        select(Annotation)
        .where(Annotation.case_id == row.id, Annotation.undoes_id.is_(None), Annotation.id.notin_(undone))
        .order_by(Annotation.id.desc())
    )
    mine = session.scalars(standing.where(Annotation.reader_id == reader).limit(1)).first()
    if mine is None:
        raise InvalidInput(f"{by} has nothing to undo on this case.")
    beneath = session.scalars(standing.where(Annotation.id != mine.id).limit(1)).first()
    answer, label_id = (beneath.answer, beneath.label_id) if beneath else (Answer.WITHDRAWN, None)
    annotate(session, row, answer=answer, label_id=label_id, reader_id=reader, source=LabelSource.HUMAN, key=key,
             undoes=mine.id)  # fmt: skip


def _exists(session: Session, key: str) -> bool:
    return session.scalar(select(Annotation.id).where(Annotation.client_key == key)) is not None


def _shown(only: str) -> list[ColumnElement[bool]]:
    shown: list[ColumnElement[bool]] = [
        select(Image.id).where(Image.id == Case.image_id, Image.excluded_because.is_(None)).exists()
    ]
    if only == "labelled":
        shown.append(Case.answer.in_(ANSWERED))
    elif only == "unlabelled":
        shown.append(Case.answer.is_(None) | (Case.answer == Answer.WITHDRAWN))
    return shown


def _views(session: Session, rows: Iterable[Case]) -> list[CaseView]:
    rows = list(rows)
    images = [row.image_id for row in rows]
    facts = queries.facts_of(session, images)
    ordered = queries.stacks(session, [row.series_id for row in rows if row.series_id])
    owner = dict(session.execute(select(Image.id, Image.patient_id).where(Image.id.in_(images))).all())
    names = queries.pseudonyms(session, owner.values())
    positions = dict(session.execute(
        select(LabelClass.id, LabelClass.position).where(LabelClass.task_id.in_({row.task_id for row in rows}))
    ).all())  # fmt: skip
    return [
        CaseView(
            id=row.id, task_id=row.task_id,
            image_ids=tuple(ordered[row.series_id]) if row.series_id else (row.image_id,),
            patient=names[owner[row.image_id]], facts=facts.get(row.image_id, {}),
            answer=row.answer.value if row.answer else None,
            label=positions[row.label_id] if row.label_id else None,
        )
        for row in rows
    ]  # fmt: skip


def _row(session: Session, case_id: int) -> Case:
    row = session.get(Case, case_id)
    if row is None:
        raise NotFound(f"Case {case_id} is not in this catalogue; reload the page.")
    return row


def _words(said: Annotation, label: LabelClass | None) -> str:
    text = (label.title or label.name) if label else str(said.answer.value)
    return f"undo: back to {text}" if said.undoes_id else text
