"""SELECTs, and the two get-or-creates, that two or more services need."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables import Fact, Image, Patient, Project, Reader, Series, Task

Key = TypeVar("Key", int, str)
VIEW = "view"  # the fact that tells the pictures of a study apart
CHUNK = 5_000  # ids in one IN (…): under SQLite's and PostgreSQL's limits on parameters


def project_id(session: Session) -> int:
    """The one project, made at first start."""
    found = session.scalar(select(Project.id).order_by(Project.id).limit(1))
    if found is None:
        project = Project(name="Rounds")
        session.add(project)
        session.flush()
        return project.id
    return found


def reader_id(session: Session, name: str) -> int:
    """The reader of that name, made at first use (needs a write transaction then)."""
    found = session.scalar(select(Reader.id).where(Reader.name == name))
    if found is None:
        reader = Reader(name=name)
        session.add(reader)
        session.flush()
        return reader.id
    return found


def task_named(session: Session, name: str) -> Task | None:
    """The task of that name, with its classes."""
    return session.scalar(select(Task).where(Task.name == name))


def facts_of(session: Session, image_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Facts by image id."""
    facts: dict[int, dict[str, str]] = defaultdict(dict)
    for ids in chunks(sorted(set(image_ids))):
        for fact in session.scalars(select(Fact).where(Fact.image_id.in_(ids))):
            facts[fact.image_id][fact.name] = fact.value
    return facts


def pseudonyms(session: Session, patient_ids: Iterable[int]) -> dict[int, str]:
    """Pseudonyms by patient id."""
    found: dict[int, str] = {}
    for ids in chunks(sorted(set(patient_ids))):
        found.update(session.execute(select(Patient.id, Patient.pseudonym).where(Patient.id.in_(ids))).all())
    return found


def images_by_series(session: Session, series_ids: Iterable[int]) -> dict[int, list[int]]:
    """Ordered image ids by series id."""
    found: dict[int, list[int]] = defaultdict(list)
    for ids in chunks(sorted(set(series_ids))):
        ordered = (
            select(Image.series_id, Image.id)
            .where(Image.series_id.in_(ids), Image.excluded_because.is_(None))
            .order_by(Image.series_id, Image.position, Image.id)
        )
        for series_id, image_id in session.execute(ordered):
            if series_id is not None:
                found[series_id].append(image_id)
    return found


def images_by_study(session: Session, study_ids: Iterable[int]) -> dict[int, list[int]]:
    """Image ids by study id, in the order of their view (else modality), series and position."""
    found: dict[int, list[tuple[str, int, float, int]]] = defaultdict(list)
    view = (Fact.image_id == Image.id) & (Fact.name == VIEW)
    for ids in chunks(sorted(set(study_ids))):
        rows = (
            select(Series.study_id, Fact.value, Series.modality, Series.id, Image.position, Image.id)
            .join(Image, Image.series_id == Series.id)
            .outerjoin(Fact, view)
            .where(Series.study_id.in_(ids), Image.excluded_because.is_(None))
        )
        for study_id, said, modality, series_id, position, image_id in session.execute(rows):
            found[study_id].append((said or modality, series_id, position, image_id))
    return {study_id: [place[-1] for place in sorted(images)] for study_id, images in found.items()}


def chunks(ids: list[Key], size: int = CHUNK) -> Iterable[list[Key]]:
    """The ids (or names) in lists short enough for one statement."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
