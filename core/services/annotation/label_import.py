"""Import labels from a table, one line per label or finding: all of them or none."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.imaging.identity.name_findings import keyed
from core.imaging.tables.column_guesses import with_titles
from core.imaging.tables.column_titles import Role
from core.imaging.tables.dialect import Dialect
from core.imaging.tables.file_names import catalogue_id, fitting, with_endings
from core.imaging.tables.table import read_table
from core.imaging.tables.words import is_missing, spelling
from core.services.annotation import annotations, cases, findings, label_export, numeric_answers, unassessable_reasons
from core.services.annotation.annotations import NewAnswer
from core.settings import Settings
from db import Database, queries
from db.tables import Annotation, Case, Image, LabelClass, Task
from db.vocabulary import Answer, LabelSource, Presence, TaskKind

COLUMNS = ("image", "label", "reader")
NAMED = 5  # the most candidates that a sentence lists
CsvRow = dict[str, str]


@dataclass(frozen=True, slots=True)
class LabelImportReport:
    """The result: how many answers were added, how many existed already, and how many lines have no label."""

    labelled: int
    known: int
    without_label: int = 0


@dataclass(slots=True)
class _Answer:
    """One reader's answer to one case; findings may take several lines."""

    case: Case
    reader_id: int
    answer: Answer
    label_id: int | None = None
    reason: str = ""
    presences: dict[int, Presence] = field(default_factory=dict)
    value: float | None = None


def import_labels(
    db: Database,
    settings: Settings,
    *,
    task: str,
    path: Path,
    by: str,
    dialect: Dialect | None = None,
    sheet: str | None = None,
) -> LabelImportReport:
    """Append the answers of a table in one transaction; importing the same file again adds nothing.

    Columns: image, label (or the number), reader; for findings also presence; answer and reason for a case that
    cannot be assessed.

    Raises:
        InvalidInput: no such task, column, image, class or presence, named with its line; nothing is imported.
    """
    table = with_titles(read_table(path, dialect, sheet=sheet), {"image": Role.FILE, "label": Role.LABEL})
    if table.columns == label_export.COLUMNS:
        table = table.with_points()
    key = settings.key("pseudonym")
    with db.transaction() as session:
        row = queries.task_named(session, task)
        if row is None:
            raise InvalidInput(f"There is no task '{task}'; create it on the Label page, or by an import with --task.")
        for column in (*COLUMNS[:2], "presence") if row.kind is TaskKind.MULTI else COLUMNS[:2]:
            table.column(column)
        answers: dict[tuple[int, int], _Answer] = {}
        without_label = 0
        for number, line in table.records():
            if _is_without_label(row, line):
                without_label += 1
            else:
                _read(session, row, line, answers, where=f"{table.name}, line {number}", key=key, by=by)
        added = sum(_append(session, answer) for answer in answers.values())
        return LabelImportReport(added, len(answers) - added, without_label)


def _is_without_label(task: Task, line: CsvRow) -> bool:
    """Return whether a line says that its image has no label: it is counted, and nothing is imported of it."""
    if any(line["label"] and line["label"] in (one.name, one.title) for one in task.classes):
        return False  # a class may be called None
    return is_missing(line["label"]) and is_missing(line.get("answer", "")) and bool(line["image"])


def _read(
    session: Session,
    task: Task,
    line: CsvRow,
    answers: dict[tuple[int, int], _Answer],
    *,
    where: str,
    key: bytes,
    by: str,
) -> None:
    """Read one line into the answers; the findings of one reader and case form one answer."""
    case = _case(session, task, _cell(line, "image").replace("\\", "/"), item=_cell(line, "item"), where=where, key=key)
    reader_id = queries.reader_id(session, _cell(line, "reader") or by)
    several = task.kind is TaskKind.MULTI
    place = (case.id, reader_id)
    try:
        if _cell(line, "answer") in (Answer.UNASSESSABLE, Answer.UNASSESSABLE.in_files):
            reason = unassessable_reasons.checked(_cell(line, "reason"))
            _put(answers, place, _Answer(case, reader_id, Answer.UNASSESSABLE, reason=reason))
        elif several:
            answer = answers.setdefault(place, _Answer(case, reader_id, Answer.FINDINGS))
            label = _class(task, _cell(line, "label"))
            answer.presences |= findings.checked(task, {label.position: _cell(line, "presence")})
        elif task.kind is TaskKind.NUMBER:
            value = numeric_answers.read(task, _cell(line, "label"))
            _put(answers, place, _Answer(case, reader_id, Answer.VALUE, value=value))
        else:
            label = _class(task, _cell(line, "label"))
            _put(answers, place, _Answer(case, reader_id, Answer.LABEL, label.id))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def _put(answers: dict[tuple[int, int], _Answer], place: tuple[int, int], answer: _Answer) -> None:
    """Take an answer, unless an earlier line gives another one of the same reader to the same case."""
    if answers.setdefault(place, answer) != answer:
        raise InvalidInput("an earlier line gives another answer of this reader to the same case; keep one of them.")


def _append(session: Session, answer: _Answer) -> bool:
    """Append an answer, unless it equals this reader's newest answer to the case."""
    statement = select(Annotation).where(Annotation.case_id == answer.case.id, Annotation.reader_id == answer.reader_id)
    newest = session.scalars(statement.order_by(Annotation.id.desc()).limit(1)).first()
    new_answer = NewAnswer(answer.answer, answer.label_id, answer.reason, answer.presences, answer.value)
    if newest is not None and annotations.to_answer(session, newest) == new_answer:
        return False
    annotations.append(
        session,
        answer.case,
        new_answer,
        reader_id=answer.reader_id,
        source=LabelSource.IMPORT,
        key=f"csv:{uuid.uuid4().hex}",
    )
    session.flush()
    return True


def _class(task: Task, text: str) -> LabelClass:
    named = [one for one in task.classes if text == one.name] or [one for one in task.classes if text == one.title]
    named = named or [one for one in task.classes if spelling(text) in (spelling(one.name), spelling(one.title))]
    label = named[0] if len(named) == 1 and text else None
    if label is None:
        names = ", ".join(one.name for one in task.classes)
        raise InvalidInput(f"'{text}' is not a class of task '{task.name}'; its classes are: {names}.")
    if label.retired_at is not None:
        raise InvalidInput(f"The class '{text}' of task '{task.name}' is retired; restore it on the Label page.")
    return label


def _case(session: Session, task: Task, text: str, *, item: str, where: str, key: bytes) -> Case:
    matches = _matches(session, text, item, key)
    if len(matches) != 1:
        candidates = ", ".join(f"id:{image_id} ({name})" for image_id, name in matches[:NAMED])
        problem = (
            "is not in this catalogue; import it first"
            if not matches
            else f"matches {len(matches)} images: {candidates}; give the file's sha256, or the id as written here"
        )
        raise InvalidInput(f"{where}: the image '{text}' {problem}.")
    try:
        return cases.case_of(session, task, matches[0][0])
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def _matches(session: Session, text: str, item: str, key: bytes) -> list[tuple[int, str]]:
    """Return id and name of the images that a text names: by sha256, id:24, name, or else stem."""
    number, name = catalogue_id(text), text.rsplit("/", 1)[-1]
    levels: list[ColumnElement[bool]] = [Image.id == number]
    if number is None and len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower()):
        levels = [Image.sha256 == text.lower()]
    elif number is None:
        stems = [deidentify.keyed_hash(key, one) for one in with_endings(name)]
        levels = [Image.name_key == deidentify.keyed_hash(key, name), Image.name_key.in_(stems)]
    for named in levels:
        statement = select(Image.id, Image.name).where(named).order_by(Image.id)
        rows = session.execute(statement.where(Image.item == item) if item else statement)
        names = {row.id: row.name for row in rows}
        if matches := fitting(text, names, keyed(text, key)):
            return [(image_id, names[image_id]) for image_id in matches]
    return []


def _cell(line: CsvRow, name: str) -> str:
    return (line.get(name) or "").strip()
