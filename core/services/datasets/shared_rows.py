"""Count which patients, persons and studies stand in several splits, on the rows of a plan or of a snapshot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.curation import leakage
from core.curation.leakage import patients_in_several_splits
from core.curation.persons.records import TraitKind
from core.curation.records import AssignedCase
from db import Database, queries
from db.tables import Case, Image, Patient, PatientTrait, Series, SnapshotCase, Study

NOBODY = "No patient is in more than one split."


@dataclass(frozen=True, slots=True)
class SharedBetweenSplits:
    """How many stand in more than one split; persons are counted as they are joined today."""

    shared_patients: int
    shared_persons: int
    shared_studies: int

    @property
    def sentence(self) -> str:
        """Say how many are in more than one split.

        >>> SharedBetweenSplits(0, 1, 2).sentence
        'In more than one split: 1 person, 2 studies.'
        """
        counts = (
            (self.shared_patients, "patient", "patients"),
            (self.shared_persons, "person", "persons"),
            (self.shared_studies, "study", "studies"),
        )
        texts = [f"{count:,} {singular if count == 1 else plural}" for count, singular, plural in counts if count]
        return f"In more than one split: {', '.join(texts)}." if texts else NOBODY


def count(db: Database, snapshot_id: int) -> SharedBetweenSplits:
    """Return what the splits of a snapshot share."""
    of_snapshot = SnapshotCase.snapshot_id == snapshot_id
    with db.read() as session:
        columns = select(Patient.pseudonym, queries.person_name(), SnapshotCase.split)
        joined = columns.join(SnapshotCase, SnapshotCase.patient_id == Patient.id)
        rows = session.execute(joined.where(of_snapshot).distinct()).all()
        studies = _studies_of_snapshot(session, snapshot_id)
    return SharedBetweenSplits(
        _several((patient, split) for patient, _, split in rows),
        _several((person, split) for _, person, split in rows),
        _several(studies),
    )


def count_plan(session: Session, task_id: int, placed: Sequence[AssignedCase]) -> SharedBetweenSplits:
    """Return what the splits of a planned snapshot share, with the persons of its rows."""
    split_of = {row.case: row.split for row in placed}
    columns = (
        select(Case.id, Study.id, Study.uid_key)
        .join(Image, Image.id == Case.image_id)
        .join(Series, Series.id == Image.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(Case.task_id == task_id)
    )
    studies = {(study, key, split_of[case]) for case, study, key in session.execute(columns) if case in split_of}
    return SharedBetweenSplits(
        len(leakage.shared_patients(placed)), len(leakage.shared_persons(placed)), _several(_named(session, studies))
    )


def _studies_of_snapshot(session: Session, snapshot_id: int) -> list[tuple[str, str]]:
    columns = (
        select(Study.id, Study.uid_key, SnapshotCase.split)
        .select_from(SnapshotCase)
        .join(Case, Case.id == SnapshotCase.case_id)
        .join(Image, Image.id == Case.image_id)
        .join(Series, Series.id == Image.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
    )
    return _named(session, {(study, key, split) for study, key, split in session.execute(columns.distinct())})


def _named(session: Session, rows: set[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Return (study, split): a StudyInstanceUID is one study whoever has it, another name is one of its patient."""
    uids: set[str] = set()
    for keys in queries.chunks(sorted({key for _, key, _ in rows})):
        known = select(PatientTrait.key).where(PatientTrait.key.in_(keys), PatientTrait.kind == TraitKind.STUDY.value)
        uids |= set(session.scalars(known))
    return [(key if key in uids else str(study), split) for study, key, split in rows]


def _several(places: Iterable[tuple[str, str]]) -> int:
    return len(patients_in_several_splits(places))
