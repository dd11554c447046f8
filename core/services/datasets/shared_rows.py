"""Count on the frozen rows of a snapshot which patients, persons and studies stand in several splits."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.curation.leakage import patients_in_several_splits
from core.curation.persons.records import TraitKind
from db import Database, queries
from db.tables import Case, Image, Patient, PatientTrait, Series, SnapshotCase, Study


@dataclass(frozen=True, slots=True)
class SharedBetweenSplits:
    """How many stand in more than one split; persons are counted as they are joined today."""

    shared_patients: int
    shared_persons: int
    shared_studies: int


def count(db: Database, snapshot_id: int) -> SharedBetweenSplits:
    """Return what the splits of a snapshot share."""
    of_snapshot = SnapshotCase.snapshot_id == snapshot_id
    with db.read() as session:
        columns = select(Patient.pseudonym, queries.person_name(), SnapshotCase.split)
        joined = columns.join(SnapshotCase, SnapshotCase.patient_id == Patient.id)
        rows = session.execute(joined.where(of_snapshot).distinct()).all()
        studies = _studies(session, snapshot_id)
    return SharedBetweenSplits(
        _several((patient, split) for patient, _, split in rows),
        _several((person, split) for _, person, split in rows),
        _several(studies),
    )


def _studies(session: Session, snapshot_id: int) -> list[tuple[str, str]]:
    """Return (study, split): a StudyInstanceUID is one study whoever has it, another name is one of its patient."""
    columns = (
        select(Study.id, Study.uid_key, SnapshotCase.split)
        .select_from(SnapshotCase)
        .join(Case, Case.id == SnapshotCase.case_id)
        .join(Image, Image.id == Case.image_id)
        .join(Series, Series.id == Image.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
    )
    rows = session.execute(columns.distinct()).all()
    uids: set[str] = set()
    for keys in queries.chunks(sorted({key for _, key, _ in rows})):
        known = select(PatientTrait.key).where(PatientTrait.key.in_(keys), PatientTrait.kind == TraitKind.STUDY.value)
        uids |= set(session.scalars(known))
    return [(key if key in uids else str(study), split) for study, key, split in rows]


def _several(places: Iterable[tuple[str, str]]) -> int:
    return len(patients_in_several_splits(places))
