"""Labels from a CSV with the columns image, label, reader: all of them, or none and a sentence."""

import csv
import io
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify, metadata
from core.services import labeling
from core.settings import Settings
from db import Database, queries
from db.tables import Annotation, Case, Image, Task
from db.vocabulary import Answer, LabelSource, TaskKind

COLUMNS = ("image", "label", "reader")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many lines became annotations, and how many were there already."""

    labelled: int
    known: int


def take(db: Database, settings: Settings, *, task: str, path: Path, by: str) -> Taken:
    """Append every line's label in one transaction; the same file again adds nothing.

    Raises:
        InvalidInput: no such task, column, image or class, named with its line; then nothing was taken.
    """
    text = metadata.text_of(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=metadata.delimiter_of(text))
    missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(f"{path.name} has no column '{missing[0]}'; its header must be image,label,reader.")
    key = settings.key("pseudonym")
    taken = known = 0
    with db.transaction() as session:
        row = queries.task_named(session, task)
        if row is None:
            raise InvalidInput(f"There is no task '{task}'; make it on the Label page, or by an import with --task.")
        if row.kind is TaskKind.MULTI:
            raise InvalidInput(f"Task '{task}' asks for several findings, and {path.name} holds one label per line; "
                               "answer it on the Label page.")  # fmt: skip
        for number, line in enumerate(reader, start=2):
            fresh = _one(session, row, line, where=f"{path.name}, line {number}", key=key, by=by)
            taken, known = taken + fresh, known + (not fresh)
    return Taken(taken, known)


def _one(session: Session, task: Task, line: dict[str, str], *, where: str, key: bytes, by: str) -> bool:
    case = _case(session, task, (line["image"] or "").strip(), where=where, key=key)
    said, reader = (line["label"] or "").strip(), (line.get("reader") or "").strip() or by
    label = next((one for one in task.classes if said in (one.name, one.title) and said), None)
    if label is None:
        names = ", ".join(one.name for one in task.classes)
        raise InvalidInput(f"{where}: '{said}' is not a class of task '{task.name}'; its classes are: {names}.")
    if label.retired_at is not None:
        raise InvalidInput(f"{where}: '{said}' was retired from task '{task.name}'; bring it back on the Label page.")
    reader_id = queries.reader_id(session, reader)
    mine = select(Annotation).where(Annotation.case_id == case.id, Annotation.reader_id == reader_id)
    newest = session.scalars(mine.order_by(Annotation.id.desc()).limit(1)).first()
    if newest is not None and newest.label_id == label.id:
        return False
    labeling.annotate(
        session, case, answer=Answer.LABEL, label_id=label.id, reader_id=reader_id,
        source=LabelSource.IMPORT, key=f"csv:{uuid.uuid4().hex}",
    )  # fmt: skip
    return True


def _case(session: Session, task: Task, text: str, *, where: str, key: bytes) -> Case:
    name = text.rsplit("/", 1)[-1]
    is_hash = len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower())
    named = Image.sha256 == text.lower() if is_hash else Image.name_key == deidentify.keyed(key, name)
    found = session.execute(select(Image.id, Image.name).where(named)).all()
    if len(found) > 1:  # a path may tell apart what a bare name cannot
        found = [pair for pair in found if pair[1].endswith(text)] if "/" in text else found
    if len(found) != 1:
        count = "is not in this catalogue" if not found else f"is the name of {len(found)} images; give its sha256"
        raise InvalidInput(f"{where}: '{text}' {count}.")
    case = session.scalar(select(Case).where(Case.task_id == task.id, Case.image_id == found[0][0]))
    if case is None:
        case = Case(task_id=task.id, image_id=found[0][0])
        session.add(case)
        session.flush()
    return case
