"""Export the current label of each reader and case of a task as a CSV that `rounds labels import` reads."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.imaging.tables.formulas import CsvWriter
from core.services.annotation import findings
from db import Database, queries
from db.tables import Annotation, Case, Image, LabelClass, Patient, Reader
from db.vocabulary import Presence

COLUMNS = (
    "image",
    "item",
    "name",
    "patient",
    "reader",
    "answer",
    "label",
    "title",
    "presence",
    "reason",
    "source",
    "at",
)


def write(db: Database, task_id: int, path: Path) -> int:
    """Write the file, one line per label or finding; return the number of lines.

    An image is named by the sha256 of its file (and its item in an npz), a patient by the pseudonym.
    """
    with db.read() as session, path.open("w", newline="", encoding="utf-8") as file:
        writer = CsvWriter(file)
        writer.writerow(COLUMNS)
        count = 0
        for line in _lines(session, task_id):
            writer.writerow(line)
            count += 1
        return count


def _lines(session: Session, task_id: int) -> Iterator[tuple[str, ...]]:
    for ids in queries.chunks(_current_ids(session, task_id)):
        findings_by_annotation = findings.findings_of(session, ids)
        rows = (
            select(Annotation, Image, Patient.pseudonym, Reader.name, LabelClass)
            .join(Case, Case.id == Annotation.case_id)
            .join(Image, Image.id == Case.image_id)
            .join(Patient, Patient.id == Image.patient_id)
            .join(Reader, Reader.id == Annotation.reader_id)
            .outerjoin(LabelClass, LabelClass.id == Annotation.label_id)
            .where(Annotation.id.in_(ids))
            .order_by(Case.id, Annotation.id)
        )
        for row, image, patient, reader, label in session.execute(rows):
            for label_class, presence in findings_by_annotation.get(row.id, {label: None}).items():
                yield _line(row, image, patient, reader, label_class, presence)


def _line(
    row: Annotation, image: Image, patient: str, reader: str, label: LabelClass | None, presence: Presence | None
) -> tuple[str, ...]:
    at = datetime.fromtimestamp(row.created_at, UTC).isoformat(timespec="seconds")
    name, title = (label.name, label.title or label.name) if label else ("", "")
    name = name if row.value is None else repr(row.value)
    return (
        image.sha256,
        image.item,
        image.name,
        patient,
        reader,
        row.answer.in_files,
        name,
        title,
        presence.value if presence else "",
        row.reason,
        row.source.value,
        at,
    )


def _current_ids(session: Session, task_id: int) -> list[int]:
    """Return the ids of each reader's newest answer to each case that was not undone."""
    undone = select(Annotation.undoes_id).where(Annotation.undoes_id.isnot(None))
    newest = (
        select(func.max(Annotation.id))
        .join(Case, Case.id == Annotation.case_id)
        .where(Case.task_id == task_id, Annotation.undoes_id.is_(None), Annotation.id.notin_(undone))
        .group_by(Annotation.case_id, Annotation.reader_id)
        .order_by(Annotation.case_id, func.max(Annotation.id))
    )
    return list(session.scalars(newest))
