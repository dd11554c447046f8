"""What a reader is shown of persons: joins with their reasons, questions, doubtful IDs."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.curation.persons.doubtful import doubtful_ids
from core.curation.persons.id_forms import PLACEHOLDERS
from core.curation.persons.records import DoubtfulId, Join, Question, TraitKind, Traits
from core.curation.persons.rules import persons_of
from core.imaging import deidentify
from core.services.persons import joining, same_pictures, trait_rows
from core.settings import Settings
from db import Database, queries
from db.tables import Image, Patient, PatientTrait, PersonDecision

SEVERAL = (TraitKind.BIRTH.value, TraitKind.NAME.value, TraitKind.SEX.value)  # of which a patient should have one
ZERO, FORM_OF_ONE = "0", "form:1"


@dataclass(frozen=True, slots=True)
class PersonsOverview:
    """The joins, the open questions and the doubtful IDs of a catalogue, with the counts of patients and persons."""

    patients: int
    persons: int
    joins: tuple[Join, ...]
    questions: tuple[Question, ...]
    doubtful: tuple[DoubtfulId, ...]


def overview(db: Database, settings: Settings) -> PersonsOverview:
    """Return what is joined, asked and doubtful, by the traits of all patients."""
    with db.read() as session:
        pictures = same_pictures.patients_with_one_picture(session, settings)
        patients = _linked(session).union(*pictures)
        names = queries.pseudonyms(session, patients)
        persons = persons_of(
            trait_rows.evidence(session, patients),
            joining.decisions(session, patients),
            [[names[patient] for patient in group] for group in pictures],
        )
        return PersonsOverview(
            patients=session.scalar(select(func.count(Patient.id))) or 0,
            persons=count(session),
            joins=persons.joins,
            questions=tuple(sorted(persons.questions, key=_weakest_last)),
            doubtful=tuple(doubtful_ids(_many_sided(session, settings))),
        )


def _weakest_last(question: Question) -> tuple[int, int]:
    return len(question.speaks_against), -len(question.speaks_for)


def count(session: Session) -> int:
    """Return the number of persons: of each the first patient alone has no other name."""
    firsts = select(func.count()).where(Patient.person.in_(("", queries.NOT_JOINED)))
    return session.scalar(firsts) or 0


def version(db: Database) -> Hashable:
    """Return what changes when an overview may change: a new image, a forgotten patient, a decision, one withdrawn."""
    with db.read() as session:
        images, decisions = (session.scalar(select(func.max(table.id))) for table in (Image, PersonDecision))
        patients = session.scalar(select(func.count(Patient.id)))
        withdrawn = session.scalar(select(func.count(PersonDecision.withdrawn_at)))
    return images, patients, decisions, withdrawn


def _linked(session: Session) -> set[int]:
    """Return all patients who have a study, a series or the form of the ID in common, or were decided about."""
    kinds = [kind.value for kind in trait_rows.LINKS]
    several = select(PatientTrait.key, PatientTrait.kind).group_by(PatientTrait.key, PatientTrait.kind)
    groups = several.where(PatientTrait.kind.in_(kinds)).having(func.count() > 1).subquery()
    same = (PatientTrait.key == groups.c.key) & (PatientTrait.kind == groups.c.kind)
    linked = set(session.scalars(select(PatientTrait.patient_id).join(groups, same).distinct()))
    decided = select(PersonDecision.first_id, PersonDecision.second_id).where(PersonDecision.withdrawn_at.is_(None))
    return linked.union(*((first, second) for first, second in session.execute(decided)))


def _many_sided(session: Session, settings: Settings) -> Mapping[str, Traits]:
    """Return the patients with several birth dates, names or sexes, and those whose ID names nobody."""
    several = select(PatientTrait.patient_id).where(PatientTrait.kind.in_(SEVERAL))
    grouped = several.group_by(PatientTrait.patient_id, PatientTrait.kind).having(func.count() > 1)
    words = PatientTrait.key.in_(_words(session, settings)) & (PatientTrait.kind == TraitKind.PLACEHOLDER.value)
    patients = set(session.scalars(grouped)) | set(session.scalars(select(PatientTrait.patient_id).where(words)))
    return trait_rows.evidence(session, patients)


def _words(session: Session, settings: Settings) -> list[str]:
    """Return the words for nobody; 0 is a number where patients are counted from it: 0, 1, 2."""
    key = deidentify.keyed_hash(settings.key("pseudonym"), FORM_OF_ONE)
    counted = select(PatientTrait.patient_id).where(PatientTrait.key == key).limit(1)
    words = {*PLACEHOLDERS, *"x-?*._"}
    return sorted(words - {ZERO} if session.scalar(counted) is not None else words)
