"""Join patients to persons in the catalogue, by the rules of `core.curation.persons`."""

from collections.abc import Collection, Iterable

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from core.curation.persons.records import Decision, Persons
from core.curation.persons.rules import persons_of
from core.services.persons import trait_rows
from db import Database, queries
from db.tables import Patient, PersonDecision


def refresh(session: Session, patients: Collection[int]) -> None:
    """Find the persons of patients who got traits, and of all who are linked to them, as if all came at once."""
    if linked := closure(session, _neighbours(session, patients)):
        write(session, linked)


def write(session: Session, patients: Collection[int]) -> None:
    """Write the persons of patients who are linked to no others."""
    of, current = joined(session, patients).of, _current(session, patients)
    rows = [
        {"id": patient, "person": person}
        for patient, (name, before) in current.items()
        if (person := of[name] if of[name] != name else "") != before
    ]
    if rows:
        session.execute(update(Patient), rows)


def join_older_catalogue(db: Database) -> None:
    """Join the patients of a catalogue of before persons, by studies and series."""
    with db.read() as session:
        if session.scalar(_waiting().limit(1)) is None:
            return
    with db.transaction() as session:
        refresh(session, set(session.scalars(_waiting())))
        session.execute(update(Patient).where(Patient.person == queries.NOT_JOINED).values(person=""))


def _waiting() -> Select[int]:
    return select(Patient.id).where(Patient.person == queries.NOT_JOINED)


def joined(session: Session, patients: Collection[int]) -> Persons:
    """Return the persons of patients who are linked to no others."""
    return persons_of(trait_rows.evidence(session, patients), decisions(session, patients))


def persons_of_patients(db: Database, pseudonyms: Collection[str]) -> Persons:
    """Return the persons of those patients who are linked to others, and the questions about them."""
    with db.read() as session:
        project, ids = queries.project_id(session), set[int]()
        for names in queries.chunks(sorted(pseudonyms)):
            by_name = Patient.project_id == project, Patient.pseudonym.in_(names)
            ids |= set(session.scalars(select(Patient.id).where(*by_name)))
        return joined(session, closure(session, _neighbours(session, ids)))


def closure(session: Session, patients: Collection[int]) -> set[int]:
    """Return the patients with all who are linked to them by any trait or decision, also through others."""
    reached, edge = set(patients), set(patients)
    while edge:
        edge = _neighbours(session, edge) - reached
        reached |= edge
    return reached


def _neighbours(session: Session, patients: Collection[int]) -> set[int]:
    """Return those with a trait or a decision in common with one of the patients, each other's of them too."""
    return trait_rows.linked(session, patients) | _decided_with(session, patients)


def decisions(session: Session, patients: Collection[int]) -> list[Decision]:
    """Return the decisions about patients that were not withdrawn, by pseudonym."""
    rows = list(_decisions(session, patients))
    names = queries.pseudonyms(session, [one for row in rows for one in (row.first_id, row.second_id)])
    return [Decision(names[row.first_id], names[row.second_id], row.joined) for row in rows]


def _decisions(session: Session, patients: Collection[int]) -> Iterable[PersonDecision]:
    for ids in queries.chunks(sorted(patients)):
        about = or_(PersonDecision.first_id.in_(ids), PersonDecision.second_id.in_(ids))
        yield from session.scalars(select(PersonDecision).where(about, PersonDecision.withdrawn_at.is_(None)))


def _decided_with(session: Session, patients: Collection[int]) -> set[int]:
    return {one for row in _decisions(session, patients) for one in (row.first_id, row.second_id)}


def _current(session: Session, patients: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return pseudonym and person of each patient."""
    current: dict[int, tuple[str, str]] = {}
    for ids in queries.chunks(sorted(patients)):
        columns = select(Patient.id, Patient.pseudonym, Patient.person).where(Patient.id.in_(ids))
        current |= {patient: (name, person) for patient, name, person in session.execute(columns)}
    return current
