"""Write what says who a patient is, as keyed hashes, and read it for the rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, aliased

from core.curation.persons.records import Persons, TraitKind, Traits
from core.curation.persons.rules import persons_of
from db import queries
from db.tables import PatientTrait

Trait = tuple[TraitKind, str]  # kind, key
Row = tuple[str, str, int]  # key, kind, patient
# Kinds of which many patients have the same value: these are looked up by patient, not by value.
COMMON = (TraitKind.SEX, TraitKind.AGE, TraitKind.ISSUER, TraitKind.VISIT, TraitKind.PLACEHOLDER)
LINKS = (TraitKind.STUDY, TraitKind.SERIES, TraitKind.FORM)  # what can join two patients
SURE = (TraitKind.STUDY, TraitKind.SERIES)


def add(session: Session, traits: Mapping[int, Iterable[Trait]]) -> set[int]:
    """Write the traits that the catalogue lacks, by patient id; return the patients whose person may change."""
    rows = {(key, kind.value, patient) for patient, named in traits.items() for kind, key in named}
    fresh = rows - _existing(session, rows)
    if fresh:
        session.execute(
            insert(PatientTrait),
            [{"key": key, "kind": kind, "patient_id": patient} for key, kind, patient in sorted(fresh)],
        )
    return {patient for _, _, patient in fresh}


def _existing(session: Session, rows: Iterable[Row]) -> set[Row]:
    common = {kind.value for kind in COMMON}
    keys = {key for key, kind, _ in rows if kind not in common}
    patients = {patient for _, kind, patient in rows if kind in common}
    columns = select(PatientTrait.key, PatientTrait.kind, PatientTrait.patient_id)
    existing: set[Row] = set()
    for some in queries.chunks(sorted(keys)):
        existing |= {(key, kind, who) for key, kind, who in session.execute(columns.where(PatientTrait.key.in_(some)))}
    for ids in queries.chunks(sorted(patients)):
        narrowed = columns.where(PatientTrait.patient_id.in_(ids), PatientTrait.kind.in_(common))
        existing |= {(key, kind, who) for key, kind, who in session.execute(narrowed)}
    return existing


def persons_to_be(traits: Mapping[str, Iterable[Trait]]) -> Persons:
    """Return the persons of patients by pseudonym who are in no catalogue yet."""
    gathered: dict[str, dict[TraitKind, set[str]]] = {name: {} for name in traits}
    for name, named in traits.items():
        for kind, key in named:
            gathered[name].setdefault(kind, set()).add(key)
    return persons_of(_frozen(gathered))


def linked(session: Session, patients: Collection[int]) -> set[int]:
    """Return those with a study, a series or the form of the ID in common with a patient, each other's of them too."""
    trait, other = aliased(PatientTrait), aliased(PatientTrait)
    same = (other.key == trait.key) & (other.kind == trait.kind) & (other.patient_id != trait.patient_id)
    links = [kind.value for kind in LINKS]
    others: set[int] = set()
    for ids in queries.chunks(sorted(patients)):
        statement = select(other.patient_id).distinct().select_from(trait).join(other, same)
        others |= set(session.scalars(statement.where(trait.patient_id.in_(ids), trait.kind.in_(links))))
    return others


def evidence(session: Session, patients: Collection[int]) -> dict[str, Traits]:
    """Return the traits of patients by pseudonym; of studies and series only those that several patients have."""
    names = queries.pseudonyms(session, patients)
    gathered: dict[str, dict[TraitKind, set[str]]] = {name: {} for name in names.values()}
    for ids in queries.chunks(sorted(names)):
        for key, kind, patient in (*_alone(session, ids), *_shared(session, ids)):
            gathered[names[patient]].setdefault(TraitKind(kind), set()).add(key)
    return _frozen(gathered)


def _frozen(gathered: Mapping[str, Mapping[TraitKind, set[str]]]) -> dict[str, Traits]:
    return {name: {kind: frozenset(keys) for kind, keys in kinds.items()} for name, kinds in gathered.items()}


def _alone(session: Session, ids: Collection[int]) -> Sequence[Any]:
    kinds = [kind.value for kind in TraitKind if kind not in SURE]
    columns = select(PatientTrait.key, PatientTrait.kind, PatientTrait.patient_id)
    return session.execute(columns.where(PatientTrait.patient_id.in_(ids), PatientTrait.kind.in_(kinds))).all()


def _shared(session: Session, ids: Collection[int]) -> Sequence[Any]:
    trait, other = aliased(PatientTrait), aliased(PatientTrait)
    same = (other.key == trait.key) & (other.kind == trait.kind) & (other.patient_id != trait.patient_id)
    columns = select(trait.key, trait.kind, trait.patient_id).distinct().join(other, same)
    return session.execute(
        columns.where(trait.patient_id.in_(ids), trait.kind.in_([kind.value for kind in SURE]))
    ).all()
