"""Record readers' answers to cases: append-only, idempotent by key, undone by a further row."""

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
    """A task's progress; a case that cannot be assessed counts as labelled."""

    total: int
    labelled: int


@dataclass(frozen=True, slots=True)
class AnnotationView:
    """One entry of a case's history."""

    at: float
    reader: str
    source: LabelSource
    text: str


def queue(db: Database, *, task_id: int, only: str = "all", after: int = 0, limit: int = 20) -> list[CaseView]:
    """Return the next cases of a task by id; `only` is all, unlabelled or labelled."""
    with db.read() as session:
        statement = select(Case).where(Case.task_id == task_id, Case.id > after, *_shown(only))
        return views(session, session.scalars(statement.order_by(Case.id).limit(limit)).all())


def case(db: Database, case_id: int) -> CaseView:
    """Return one case.

    Raises:
        NotFound: no case has that id.
    """
    with db.read() as session:
        return views(session, [row_of(session, case_id)])[0]


def progress(db: Database, task_id: int) -> TaskProgress:
    """Count the task's cases and those with an answer, without excluded images."""
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
    """Append the answer of reader `by` to a case; sending the same `key` twice adds one row.

    `label` is a class position, `findings` are presences by position, `value` is a number in the task's unit, `reason`
    is why the case cannot be assessed.

    Raises:
        NotFound: no such case.
        InvalidInput: an answer of another kind than the task's, an unknown or retired class, an unknown reason, or a
            number out of range.
    """
    with db.transaction() as session:
        row = row_of(session, case_id)
        if not _exists(session, key):
            new_answer = validate_answer(
                session.get_one(Task, row.task_id), Answer(answer), label, findings or {}, reason=reason, value=value
            )
            append(
                session, row, new_answer, reader_id=queries.reader_id(session, by), source=LabelSource.HUMAN, key=key
            )
        return views(session, [row])[0]


def undo(db: Database, *, case_id: int, by: str, key: str) -> CaseView:
    """Undo the last answer of reader `by` to a case: the answer before it becomes current again.

    Raises:
        NotFound: no such case.
        InvalidInput: this reader has nothing to undo on the case.
    """
    with db.transaction() as session:
        row = row_of(session, case_id)
        if not _exists(session, key):
            _undo(session, row, by=by, key=key)
        return views(session, [row])[0]


def history(db: Database, case_id: int) -> list[AnnotationView]:
    """Return every answer to a case, oldest first."""
    with db.read() as session:
        statement = (
            select(Annotation, Reader.name, LabelClass)
            .join(Reader, Reader.id == Annotation.reader_id)
            .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
            .where(Annotation.case_id == case_id)
            .order_by(Annotation.id)
        )
        rows = session.execute(statement).all()
        presences = findings.findings_of(session, [row.id for row, _, _ in rows])
        measured = select(Task.measure).join(Case, Case.task_id == Task.id).where(Case.id == case_id)
        measure = session.scalar(measured) or ""
        return [
            AnnotationView(row.created_at, reader, row.source, _text(row, label, presences.get(row.id, {}), measure))
            for row, reader, label in rows
        ]


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as rows hold it."""

    answer: Answer
    label_id: int | None = None
    reason: str = ""
    presences: Mapping[int, Presence] = field(default_factory=dict)
    value: float | None = None

    def shown(self, case: Case) -> bool:
        """Tell whether the case has this class or number already."""
        return case.answer is self.answer and (case.label_id, case.value) == (self.label_id, self.value)


def validate_answer(
    task: Task,
    answer: Answer,
    position: int | None,
    presences: findings.FindingMap,
    *,
    reason: str = "",
    value: float | None = None,
) -> NewAnswer:
    """Return a checked answer for the catalogue's rows.

    Raises:
        InvalidInput: an answer of another kind than the task's, or one that it does not accept.
    """
    several, number = task.kind is TaskKind.MULTI, task.kind is TaskKind.NUMBER
    if (value is not None or answer is Answer.VALUE) and not number:
        raise InvalidInput(f"Task '{task.name}' has classes, not a number; reload the page and choose a class.")
    if number and (presences or answer in (Answer.LABEL, Answer.FINDINGS)):
        raise InvalidInput(f"Task '{task.name}' needs a number, not a class; reload the page and enter one.")
    if reason and answer is not Answer.UNASSESSABLE:
        raise InvalidInput(
            f"The reason '{reason[:40]}' needs the answer 'cannot be assessed'; leave it out for other answers."
        )
    if (presences or answer is Answer.FINDINGS) and not several:
        raise InvalidInput(
            f"Task '{task.name}' needs one class per case, not findings; reload the page and choose one."
        )
    if answer is Answer.LABEL and several:
        raise InvalidInput(
            f"Task '{task.name}' needs findings, not one class; reload the page and mark each as present or absent."
        )
    if answer is Answer.FINDINGS:
        return NewAnswer(answer, presences=findings.checked(task, presences))
    if answer is Answer.UNASSESSABLE:
        return NewAnswer(answer, reason=unassessable_reasons.checked(reason))
    if answer is Answer.VALUE:
        return NewAnswer(answer, value=numeric_answers.checked(task, value))
    if position is None:
        raise InvalidInput("A label needs a class; choose one of the task's classes, or 'cannot be assessed'.")
    label = next((one for one in task.classes if one.position == position), None)
    return NewAnswer(answer, findings.usable(task, label, position).id)


def append(
    session: Session,
    row: Case,
    answer: NewAnswer,
    *,
    reader_id: int,
    source: LabelSource,
    key: str,
    undoes: int | None = None,
) -> Annotation:
    """Append an answer inside the caller's transaction and update the case; `undoes` is the annotation it undoes."""
    annotation = Annotation(
        case_id=row.id,
        reader_id=reader_id,
        answer=answer.answer,
        label_id=answer.label_id,
        reason=answer.reason,
        value=answer.value,
        source=source,
        client_key=key,
        undoes_id=undoes,
    )
    session.add(annotation)
    row.answer, row.label_id, row.value = answer.answer, answer.label_id, answer.value
    if answer.presences:
        session.flush()
        findings.add_findings(session, annotation.id, answer.presences)
    return annotation


def _undo(session: Session, row: Case, *, by: str, key: str) -> None:
    reader = queries.reader_id(session, by)
    undone = select(Annotation.undoes_id).where(Annotation.case_id == row.id, Annotation.undoes_id.isnot(None))
    not_undone = (
        select(Annotation)
        .where(Annotation.case_id == row.id, Annotation.undoes_id.is_(None), Annotation.id.notin_(undone))
        .order_by(Annotation.id.desc())
    )
    last = session.scalars(not_undone.where(Annotation.reader_id == reader).limit(1)).first()
    if last is None:
        raise InvalidInput(f"{by} has nothing to undo on this case.")
    before = session.scalars(not_undone.where(Annotation.id != last.id).limit(1)).first()
    previous = to_answer(session, before) if before else NewAnswer(Answer.WITHDRAWN)
    append(session, row, previous, reader_id=reader, source=LabelSource.HUMAN, key=key, undoes=last.id)


def to_answer(session: Session, annotation: Annotation) -> NewAnswer:
    """Return an annotation's answer, to compare it or to restore it by an undo, even with a class retired since."""
    by_class = findings.findings_of(session, [annotation.id]).get(annotation.id, {})
    presences = {label.id: presence for label, presence in by_class.items()}
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
    """Return the case's row, inside the caller's transaction.

    Raises:
        NotFound: no case has that id.
    """
    row = session.get(Case, case_id)
    if row is None:
        raise NotFound(f"There is no case {case_id}; reload the page.")
    return row


def _text(
    annotation: Annotation, label: LabelClass | None, presences: Mapping[LabelClass, Presence], measure: str
) -> str:
    text = (label.title or label.name) if label else findings.describe(presences) or str(annotation.answer.value)
    text = text if annotation.value is None else numeric_answers.format_value(annotation.value, measure)
    text += f": {unassessable_reasons.REASONS.get(annotation.reason, annotation.reason)}" if annotation.reason else ""
    return f"undo: back to {text}" if annotation.undoes_id else text
