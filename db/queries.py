"""Query what two or more services need."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select
from sqlalchemy.orm import Session, aliased

from db.names import plain_name
from db.tables import Fact, Image, Patient, Project, Reader, Series, SnapshotCase, Task

Key = TypeVar("Key", int, str)
NOT_JOINED = "?"  # the person of a patient in a catalogue of before persons, until it is opened
VIEW = "view"  # the fact that orders the images of a study
CHUNK = 5_000  # IDs per IN (…): below the parameter limits of SQLite and PostgreSQL


def project_id(session: Session) -> int:
    """Return the ID of the only project; create it at first use."""
    existing = session.scalar(select(Project.id).order_by(Project.id).limit(1))
    if existing is None:
        project = Project(name="Rounds")
        session.add(project)
        session.flush()
        return project.id
    return existing


def reader_id(session: Session, name: str) -> int:
    """Return the ID of a reader by name; create it at first use, which needs a write transaction."""
    plain = plain_name(name) or name
    matching = select(Reader.id).where(Reader.name.in_((name, plain))).order_by(Reader.name != name)
    existing = session.scalar(matching.limit(1))
    if existing is None:
        reader = Reader(name=plain)
        session.add(reader)
        session.flush()
        return reader.id
    return existing


def task_named(session: Session, name: str) -> Task | None:
    """Return the task of a name with its classes, None if there is none."""
    return session.scalar(select(Task).where(Task.name == name))


def facts_of(session: Session, image_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return facts (name to value) by image ID."""
    facts: dict[int, dict[str, str]] = defaultdict(dict)
    for ids in chunks(sorted(set(image_ids))):
        for fact in session.scalars(select(Fact).where(Fact.image_id.in_(ids))):
            facts[fact.image_id][fact.name] = fact.value
    return facts


def pseudonyms(session: Session, patient_ids: Iterable[int]) -> dict[int, str]:
    """Return pseudonyms by patient ID."""
    by_patient: dict[int, str] = {}
    for ids in chunks(sorted(set(patient_ids))):
        by_patient.update(session.execute(select(Patient.id, Patient.pseudonym).where(Patient.id.in_(ids))).all())
    return by_patient


def person_name() -> ColumnElement[str]:
    """Return an expression for a patient's person: the pseudonym of the person's first patient."""
    return case((Patient.person.in_(("", NOT_JOINED)), Patient.pseudonym), else_=Patient.person)


def frozen_person() -> ColumnElement[str]:
    """Return an expression for the person of a case when its snapshot was made; needs the patient joined."""
    return func.coalesce(SnapshotCase.person, Patient.pseudonym)


def images_by_series(session: Session, series_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return ordered image IDs by series ID, without excluded images."""
    by_series: dict[int, list[int]] = defaultdict(list)
    for ids in chunks(sorted(set(series_ids))):
        ordered = (
            select(Image.series_id, Image.id)
            .where(Image.series_id.in_(ids), Image.excluded_because.is_(None))
            .order_by(Image.series_id, Image.place)
        )
        for series_id, image_id in session.execute(ordered):
            if series_id is not None:
                by_series[series_id].append(image_id)
    return by_series


def images_by_study(session: Session, study_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return image IDs by study ID, ordered by view (else modality), series, stack and place."""
    by_study: dict[int, list[tuple[str, int, int, int, int]]] = defaultdict(list)
    view = (Fact.image_id == Image.id) & (Fact.name == VIEW)
    for ids in chunks(sorted(set(study_ids))):
        rows = (
            select(Series.study_id, Fact.value, Series.modality, first_stack(), Series.stack, Image.place, Image.id)
            .join(Image, Image.series_id == Series.id)
            .outerjoin(Fact, view)
            .where(Series.study_id.in_(ids), Image.excluded_because.is_(None))
        )
        for study_id, view_name, modality, series_id, stack, place, image_id in session.execute(rows):
            by_study[study_id].append((view_name or modality, series_id, stack, place, image_id))
    return {study_id: [place[-1] for place in sorted(images)] for study_id, images in by_study.items()}


def stacks_of_series(session: Session, series_id: int) -> list[int]:
    """Return the row IDs of all stacks of the series that a stack belongs to, in their order."""
    row = session.get(Series, series_id)
    if row is None:
        return []
    same_series = (Series.study_id == row.study_id) & (Series.uid_key == row.uid_key)
    return list(session.scalars(select(Series.id).where(same_series).order_by(Series.stack)))


def first_stack() -> ScalarSelect[int]:
    """Return an expression for the lowest row ID of the stacks of a series: the order of import."""
    other = aliased(Series)
    same_series = (other.study_id == Series.study_id) & (other.uid_key == Series.uid_key)
    return select(func.min(other.id)).where(same_series).correlate(Series).scalar_subquery()


def chunks(ids: list[Key], size: int = CHUNK) -> Iterable[list[Key]]:
    """Split IDs or names into lists short enough for one statement."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
