"""Labels from a CSV, one line each (of findings: one line each): all of them, or none and a sentence."""

import csv
import io
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify, metadata_csv
from core.services.annotation import annotations, cases, findings, numeric_answers, unassessable_reasons
from core.services.annotation.annotations import NewAnswer
from core.settings import Settings
from db import Database, queries
from db.tables import Annotation, Case, Image, LabelClass, Task
from db.vocabulary import Answer, LabelSource, Presence, TaskKind

COLUMNS = ("image", "label", "reader")
CsvRow = dict[str, str]


@dataclass(frozen=True, slots=True)
class LabelImportReport:
    """How many answers became annotations, and how many were there already."""

    labelled: int
    known: int


@dataclass(slots=True)
class _Word:
    """What one reader says of one case; of findings it may take several lines."""

    case: Case
    reader_id: int
    answer: Answer
    label_id: int | None = None
    reason: str = ""
    found: dict[int, Presence] = field(default_factory=dict)
    value: float | None = None


def import_labels(db: Database, settings: Settings, *, task: str, path: Path, by: str) -> LabelImportReport:
    """Append what every line says, in one transaction; the same file again adds nothing.

    Columns: image, label (or the number), reader; of several findings also presence; answer and reason where a case
    cannot be assessed.

    Raises:
        InvalidInput: no such task, column, image, class or presence, named with its line; then nothing was taken.
    """
    text = metadata_csv.read_text(path)
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=metadata_csv.detect_delimiter(text))
    key = settings.key("pseudonym")
    with db.transaction() as session:
        row = queries.task_named(session, task)
        if row is None:
            raise InvalidInput(f"There is no task '{task}'; make it on the Label page, or by an import with --task.")
        _check_header(lines.fieldnames or (), row, path.name)
        words: dict[tuple[int, int, int], _Word] = {}
        for number, line in enumerate(lines, start=2):
            _read(session, row, line, words, where=f"{path.name}, line {number}", key=key, by=by)
        fresh = sum(_keep(session, word) for word in words.values())
        return LabelImportReport(fresh, len(words) - fresh)


def _check_header(names: object, task: Task, file: str) -> None:
    wanted = (*COLUMNS[:2], "presence") if task.kind is TaskKind.MULTI else COLUMNS[:2]
    missing = [name for name in wanted if name not in list(names)]  # type: ignore[call-overload]
    if missing:
        full = ",".join((*COLUMNS, "presence")) if task.kind is TaskKind.MULTI else ",".join(COLUMNS)
        raise InvalidInput(f"{file} has no column '{missing[0]}'; its header must be {full}.")


def _read(
    session: Session,
    task: Task,
    line: CsvRow,
    words: dict[tuple[int, int, int], _Word],
    *,
    where: str,
    key: bytes,
    by: str,
) -> None:
    """One line into the words; findings of one reader and case are one word, other lines one each."""
    case = _case(session, task, _cell(line, "image"), item=_cell(line, "item"), where=where, key=key)
    reader_id = queries.reader_id(session, _cell(line, "reader") or by)
    several = task.kind is TaskKind.MULTI
    place = (case.id, reader_id, 0 if several else len(words))
    try:
        if _cell(line, "answer") in (Answer.UNASSESSABLE, Answer.UNASSESSABLE.in_files):
            reason = unassessable_reasons.checked(_cell(line, "reason"))
            words[place] = _Word(case, reader_id, Answer.UNASSESSABLE, reason=reason)
        elif several:
            word = words.setdefault(place, _Word(case, reader_id, Answer.FINDINGS))
            label = _class(task, _cell(line, "label"))
            word.found |= findings.checked(task, {label.position: _cell(line, "presence")})
        elif task.kind is TaskKind.NUMBER:
            value = numeric_answers.read(task, _cell(line, "label"))
            words[place] = _Word(case, reader_id, Answer.VALUE, value=value)
        else:
            label = _class(task, _cell(line, "label"))
            words[place] = _Word(case, reader_id, Answer.LABEL, label.id)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def _keep(session: Session, word: _Word) -> bool:
    """Append it, unless this reader's newest word on the case is the same."""
    mine = select(Annotation).where(Annotation.case_id == word.case.id, Annotation.reader_id == word.reader_id)
    newest = session.scalars(mine.order_by(Annotation.id.desc()).limit(1)).first()
    said = NewAnswer(word.answer, word.label_id, word.reason, word.found, word.value)
    if newest is not None and annotations.to_answer(session, newest) == said:
        return False
    annotations.append(
        session, word.case, said, reader_id=word.reader_id, source=LabelSource.IMPORT, key=f"csv:{uuid.uuid4().hex}"
    )
    session.flush()
    return True


def _class(task: Task, said: str) -> LabelClass:
    label = next((one for one in task.classes if said in (one.name, one.title) and said), None)
    if label is None:
        names = ", ".join(one.name for one in task.classes)
        raise InvalidInput(f"'{said}' is not a class of task '{task.name}'; its classes are: {names}.")
    if label.retired_at is not None:
        raise InvalidInput(f"'{said}' was retired from task '{task.name}'; bring it back on the Label page.")
    return label


def _case(session: Session, task: Task, text: str, *, item: str, where: str, key: bytes) -> Case:
    name = text.rsplit("/", 1)[-1]
    is_hash = len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower())
    named = Image.sha256 == text.lower() if is_hash else Image.name_key == deidentify.keyed_hash(key, name)
    wanted = select(Image.id, Image.name).where(named)
    found = session.execute(wanted.where(Image.item == item) if item else wanted).all()
    if len(found) > 1:  # a path may tell apart what a bare name cannot
        found = [pair for pair in found if pair[1].endswith(text)] if "/" in text else found
    if len(found) != 1:
        count = "is not in this catalogue" if not found else f"is the name of {len(found)} images; give its sha256"
        raise InvalidInput(f"{where}: '{text}' {count}.")
    try:
        return cases.case_of(session, task, found[0][0])
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def _cell(line: CsvRow, name: str) -> str:
    return (line.get(name) or "").strip()
