"""Take patients out of the persons of a catalogue: of an import that is undone, or who are forgotten."""

from collections.abc import Collection

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.services.persons import joining
from db import queries
from db.tables import Patient, PatientTrait, PersonDecision, SnapshotCase


def same_persons(session: Session, patients: Collection[int]) -> list[int]:
    """Return the patients, and all who are one person with one of them."""
    names = set(session.scalars(select(queries.person_name()).where(Patient.id.in_(patients))))
    return sorted(session.scalars(select(Patient.id).where(queries.person_name().in_(names))))


def take_out(session: Session, patients: Collection[int]) -> set[int]:
    """Delete what links patients to others; return these others, for `settle` once the patients are gone."""
    others = joining.closure(session, patients) - set(patients)
    for ids in queries.chunks(sorted(patients)):
        session.execute(delete(PatientTrait).where(PatientTrait.patient_id.in_(ids)))
        about = or_(PersonDecision.first_id.in_(ids), PersonDecision.second_id.in_(ids))
        session.execute(delete(PersonDecision).where(about))
    return others


def settle(session: Session, others: Collection[int], gone: Collection[str]) -> None:
    """Find the persons of those who remain, and name frozen persons who were called by a pseudonym that is gone."""
    if others:
        joining.write(session, joining.closure(session, others))
    for name in gone:
        frozen = SnapshotCase.person == name
        first = session.scalar(
            select(func.min(Patient.pseudonym)).join(SnapshotCase, SnapshotCase.patient_id == Patient.id).where(frozen)
        )
        session.execute(update(SnapshotCase).where(frozen).values(person=first))
