"""Undo an import while nothing uses its images: take them out of the catalogue and the store, and count them."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging.store import Store
from core.services.images import series_stacks
from core.services.persons import departures
from core.settings import Settings
from db import Database, queries
from db.tables import (
    Annotation,
    Base,
    Case,
    Comment,
    Drawing,
    Fact,
    Image,
    ImageNote,
    Import,
    ImportedImage,
    Job,
    Patient,
    Prediction,
    Series,
    SnapshotCase,
    Study,
)
from db.vocabulary import JobKind, JobState, LabelSource

USES = (
    (Annotation, "answer of a reader", "answers of readers"),
    (Drawing, "drawing", "drawings"),
    (Comment, "comment", "comments"),
    (SnapshotCase, "case of a dataset", "cases of datasets"),
    (Prediction, "prediction of a run", "predictions of runs"),
)
PATIENT_ID = Base.metadata.tables["patient"].c.id
GO_WITH_PATIENT = ("patient_trait",)
FROZEN = "snapshot_case"  # an import whose cases are frozen is not undone


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo removed; `files` counts originals, copied or linked."""

    images: int = 0
    files: int = 0
    labels: int = 0
    patients: int = 0

    def to_json(self) -> dict[str, int]:
        """Return plain values for the command line."""
        return {"images": self.images, "files": self.files, "labels": self.labels, "patients": self.patients}


def why_not(db: Database, import_id: int) -> str:
    """Return in one sentence why an import cannot be undone, "" if it can."""
    with db.read() as session:
        return _why_not(session, import_id)


def undo(db: Database, settings: Settings, import_id: int, *, by: str) -> Undone:
    """Remove the images that an import brought, with their labels; labels that it gave to other images stay.

    Raises:
        InvalidInput: something uses its images, or an import is running.
    """
    with db.transaction() as session:
        if reason := _why_not(session, import_id):
            raise InvalidInput(reason)
        row = session.get_one(Import, import_id)
        image_ids = list(session.scalars(select(ImportedImage.image_id).where(ImportedImage.import_id == import_id)))
        hashes = _hashes(session, image_ids)
        removed = _remove(session, image_ids)
        row.undone_at, row.undone_by = time.time(), queries.reader_id(session, by)
        gone = sorted(hashes - _hashes_left(session, hashes))
    store = Store(settings.home)  # the rows first: a kill in between leaves files that nothing names
    return replace(removed, files=sum(map(store.remove, gone)))


def _why_not(session: Session, import_id: int) -> str:
    row = session.get(Import, import_id)
    if row is None:
        return f"There is no import {import_id}; the Import page lists them."
    if row.undone_at is not None:
        return "This import was undone before; its images are gone."
    running = select(Job.id).where(Job.kind == JobKind.IMPORT, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    if session.scalar(running.limit(1)) is not None:
        return "An import is running; undo this one when it has ended."
    brought = select(ImportedImage.image_id).where(ImportedImage.import_id == import_id)
    cases = _cases(brought)
    used = []
    for table, singular, plural in USES:
        using = select(func.count()).select_from(table).where(table.case_id.in_(cases))
        if table is Annotation:
            using = using.where(Annotation.source != LabelSource.IMPORT)
        if number := session.scalar(using):
            used.append(f"{number:,} {singular if number == 1 else plural}")
    return f"The images of this import are in use: {', '.join(used)}. Exclude images instead." if used else ""


def _cases(image_ids: Any) -> Select[Any]:
    """Select the cases of images, of their series and of their studies."""
    series = select(Image.series_id).where(Image.id.in_(image_ids), Image.series_id.isnot(None))
    studies = select(Series.study_id).where(Series.id.in_(series))
    of_image = Case.image_id.in_(image_ids)
    return select(Case.id).where(or_(of_image, Case.series_id.in_(series), Case.study_id.in_(studies)))


def _remove(session: Session, image_ids: Sequence[int]) -> Undone:
    series, patients = set[int](), set[int]()
    labels = 0
    for ids in queries.chunks(list(image_ids)):
        labels += _remove_cases(session, ids)
        places = select(Image.series_id, Image.patient_id).where(Image.id.in_(ids))
        for series_id, patient_id in session.execute(places):
            series |= {series_id} if series_id is not None else set()
            patients.add(patient_id)
        for column in (Fact.image_id, ImageNote.image_id, ImportedImage.image_id, Image.id):
            session.execute(delete(column.class_).where(column.in_(ids)))
    _remove_empty_series(session, series)
    return Undone(images=len(image_ids), labels=labels, patients=_remove_empty_patients(session, patients))


def _remove_cases(session: Session, image_ids: Sequence[int]) -> int:
    """Remove the cases of images, and let those of a series or study that has other images be shown by one of these."""
    labels = 0
    for case in session.scalars(select(Case).where(Case.id.in_(_cases(image_ids)))).all():
        if (other := _other_image(session, case, image_ids)) is not None:
            case.image_id = other if case.image_id in image_ids else case.image_id
            continue
        removed = session.execute(delete(Annotation).where(Annotation.case_id == case.id))
        labels += removed.rowcount  # type: ignore[attr-defined]
        session.delete(case)
    session.flush()
    return labels


def _other_image(session: Session, case: Case, image_ids: Sequence[int]) -> int | None:
    others = select(Image.id).where(Image.id.notin_(image_ids)).order_by(Image.place, Image.id).limit(1)
    if case.series_id is not None:
        return session.scalar(others.where(Image.series_id == case.series_id))
    if case.study_id is not None:
        series = select(Series.id).where(Series.study_id == case.study_id)
        return session.scalar(others.where(Image.series_id.in_(series)))
    return None


def _remove_empty_series(session: Session, series_ids: Iterable[int]) -> None:
    for ids in queries.chunks(sorted(series_ids)):
        rest = set(session.scalars(select(Image.series_id).where(Image.series_id.in_(ids))))
        studies = set(session.scalars(select(Series.study_id).where(Series.id.in_(ids))))
        session.execute(delete(Series).where(Series.id.in_(set(ids) - rest)))
        occupied = set(session.scalars(select(Series.study_id).where(Series.study_id.in_(studies))))
        session.execute(delete(Study).where(Study.id.in_(studies - occupied)))
        series_stacks.regroup(session, {series_id for series_id in rest if series_id is not None})


def _remove_empty_patients(session: Session, patient_ids: Iterable[int]) -> int:
    """Remove the patients that nothing refers to any more, with what was only noted of them."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.c if column.references(PATIENT_ID)]
    removed = 0
    for ids in queries.chunks(sorted(patient_ids)):
        empty = set(ids)
        for column in columns:
            if column.table.name not in (*GO_WITH_PATIENT, FROZEN):
                empty -= set(session.scalars(select(column).where(column.in_(ids))))
        gone = queries.pseudonyms(session, empty)
        others = departures.take_out(session, gone)
        session.execute(delete(Patient).where(Patient.id.in_(gone)))
        departures.settle(session, others, gone.values())
        removed += len(gone)
    return removed


def _hashes(session: Session, image_ids: Sequence[int]) -> set[str]:
    hashes = set[str]()
    for ids in queries.chunks(list(image_ids)):
        hashes |= set(session.scalars(select(Image.sha256).where(Image.id.in_(ids))))
    return hashes


def _hashes_left(session: Session, hashes: set[str]) -> set[str]:
    left = set[str]()
    for some in queries.chunks(sorted(hashes)):
        left |= set(session.scalars(select(Image.sha256).where(Image.sha256.in_(some))))
    return left
