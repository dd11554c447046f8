"""Who says what about a case: append-only, idempotent by key, undone by one more row."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.services.annotation import findings, numeric_answers, unassessable_reasons
from core.services.annotation.case_views import CaseView, views
from db import Database, queries
from db.tables import Annotation, Case, Image, LabelClass, Reader, Task
from db.vocabulary import ANSWERED, Answer, LabelSource, Presence, TaskKind


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task is; an unreadable image counts as answered."""

    total: int
    labelled: int


@dataclass(frozen=True, slots=True)
class AnnotationView:
    """One line of a case's history."""

    at: float
    reader: str
    source: LabelSource
    text: str


def queue(db: Database, *, task_id: int, only: str = "all", after: int = 0, limit: int = 20) -> list[CaseView]:
    """The next cases of a task by id; `only` is all, unlabelled or labelled."""
    with db.read() as session:
        wanted = select(Case).where(Case.task_id == task_id, Case.id > after, *_shown(only))
        return views(session, session.scalars(wanted.order_by(Case.id).limit(limit)).all())


def case(db: Database, case_id: int) -> CaseView:
    """One case.

    Raises:
        NotFound: no case has that id.
    """
    with db.read() as session:
        return views(session, [row_of(session, case_id)])[0]


def progress(db: Database, task_id: int) -> TaskProgress:
    """Cases of the task, and how many have an answer; excluded images do not count."""
    with db.read() as session:
        counted = select(func.count(Case.id)).where(Case.task_id == task_id)
        total = session.scalar(counted.where(*_shown("all"))) or 0
        return TaskProgress(total, session.scalar(counted.where(*_shown("labelled"))) or 0)


def label(
    db: Database,
    *,
    case_id: int,
    answer: Answer,
    label: int | None,
    by: str,
    key: str,
    findings: findings.FindingMap | None = None,
    reason: str = "",
    value: float | None = None,
) -> CaseView:
    """Append what `by` says of a case; `key` makes sending twice one row.

    `label` is a class position, `findings` are presences by position, `value` is a number in the task's unit, `reason`
    is why the case cannot be assessed.

    Raises:
        NotFound: no such case.
        InvalidInput: an answer of another kind than the task's, a class that is not there or retired, no such reason,
            a number that the task does not accept.
    """
    with db.transaction() as session:
        row = row_of(session, case_id)
        if not _exists(session, key):
            said = validate_answer(
                session.get_one(Task, row.task_id), Answer(answer), label, findings or {}, reason=reason, value=value
            )
            append(session, row, said, reader_id=queries.reader_id(session, by), source=LabelSource.HUMAN, key=key)
        return views(session, [row])[0]


def undo(db: Database, *, case_id: int, by: str, key: str) -> CaseView:
    """Take back what `by` said last of this case: the state beneath it stands again.

    Raises:
        NotFound: no such case.
        InvalidInput: this reader has nothing to take back here.
    """
    with db.transaction() as session:
        row = row_of(session, case_id)
        if not _exists(session, key):
            _undo(session, row, by=by, key=key)
        return views(session, [row])[0]


def history(db: Database, case_id: int) -> list[AnnotationView]:
    """Everything that was ever said of a case, oldest first."""
    with db.read() as session:
        said = (
            select(Annotation, Reader.name, LabelClass)
            .join(Reader, Reader.id == Annotation.reader_id)
            .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
            .where(Annotation.case_id == case_id)
            .order_by(Annotation.id)
        )
        rows = session.execute(said).all()
        found = findings.findings_of(session, [row.id for row, _, _ in rows])
        measured = select(Task.measure).join(Case, Case.task_id == Task.id).where(Case.id == case_id)
        measure = session.scalar(measured) or ""
        return [
            AnnotationView(row.created_at, reader, row.source, _words(row, label, found.get(row.id, {}), measure))
            for row, reader, label in rows
        ]


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as rows hold it."""

    answer: Answer
    label_id: int | None = None
    reason: str = ""
    found: Mapping[int, Presence] = field(default_factory=dict)
    value: float | None = None

    def shown(self, case: Case) -> bool:
        """Whether the case shows this class or number already."""
        return case.answer is self.answer and (case.label_id, case.value) == (self.label_id, self.value)


def validate_answer(
    task: Task,
    answer: Answer,
    position: int | None,
    found: findings.FindingMap,
    *,
    reason: str = "",
    value: float | None = None,
) -> NewAnswer:
    """What was said, as rows hold it.

    Raises:
        InvalidInput: an answer of another kind than the task's, or one that it does not accept.
    """
    several, number = task.kind is TaskKind.MULTI, task.kind is TaskKind.NUMBER
    if (value is not None or answer is Answer.VALUE) and not number:
        raise InvalidInput(f"Task '{task.name}' takes no number; reload the page and choose one of its answers.")
    if number and (found or answer in (Answer.LABEL, Answer.FINDINGS)):
        raise InvalidInput(f"Task '{task.name}' takes a number, not a class; reload the page and type it.")
    if reason and answer is not Answer.UNASSESSABLE:
        raise InvalidInput(f"The reason '{reason[:40]}' came with an answer; only what cannot be assessed has one.")
    if (found or answer is Answer.FINDINGS) and not several:
        raise InvalidInput(
            f"Task '{task.name}' takes one class per case, not findings; reload the page and choose one."
        )
    if answer is Answer.LABEL and several:
        raise InvalidInput(
            f"Task '{task.name}' takes findings, not one class; reload the page and say of each whether it is there."
        )
    if answer is Answer.FINDINGS:
        return NewAnswer(answer, found=findings.checked(task, found))
    if answer is Answer.UNASSESSABLE:
        return NewAnswer(answer, reason=unassessable_reasons.checked(reason))
    if answer is Answer.VALUE:
        return NewAnswer(answer, value=numeric_answers.checked(task, value))
    if position is None:
        raise InvalidInput("A label names a class; choose one of the task's classes, or 'cannot be assessed'.")
    label = next((one for one in task.classes if one.position == position), None)
    return NewAnswer(answer, findings.usable(task, label, position).id)


def append(
    session: Session,
    row: Case,
    said: NewAnswer,
    *,
    reader_id: int,
    source: LabelSource,
    key: str,
    undoes: int | None = None,
) -> Annotation:
    """Append what is said inside the caller's transaction and let the case show it; `undoes` is what it takes back."""
    made = Annotation(
        case_id=row.id,
        reader_id=reader_id,
        answer=said.answer,
        label_id=said.label_id,
        reason=said.reason,
        value=said.value,
        source=source,
        client_key=key,
        undoes_id=undoes,
    )
    session.add(made)
    row.answer, row.label_id, row.value = said.answer, said.label_id, said.value
    if said.found:
        session.flush()
        findings.add_findings(session, made.id, said.found)
    return made


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
    said = to_answer(session, beneath) if beneath else NewAnswer(Answer.WITHDRAWN)
    append(session, row, said, reader_id=reader, source=LabelSource.HUMAN, key=key, undoes=mine.id)


def to_answer(session: Session, annotation: Annotation) -> NewAnswer:
    """What an annotation says, to be compared, or said once more by an undo; a class retired since stands again too."""
    found = findings.findings_of(session, [annotation.id]).get(annotation.id, {})
    presences = {label.id: presence for label, presence in found.items()}
    return NewAnswer(annotation.answer, annotation.label_id, annotation.reason, presences, annotation.value)


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


def row_of(session: Session, case_id: int) -> Case:
    """The case's row, inside the caller's transaction.

    Raises:
        NotFound: no case has that id.
    """
    row = session.get(Case, case_id)
    if row is None:
        raise NotFound(f"Case {case_id} is not in this catalogue; reload the page.")
    return row


def _words(said: Annotation, label: LabelClass | None, found: Mapping[LabelClass, Presence], measure: str) -> str:
    text = (label.title or label.name) if label else findings.describe(found) or str(said.answer.value)
    text = text if said.value is None else numeric_answers.format_value(said.value, measure)
    text += f": {unassessable_reasons.REASONS.get(said.reason, said.reason)}" if said.reason else ""
    return f"undo: back to {text}" if said.undoes_id else text
