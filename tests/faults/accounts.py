"""What must be in the catalogue and in the store, whatever was killed."""

from sqlalchemy import func, select, text

from core.services.training import runs
from db.tables import Annotation, Case, LabelClass
from db.tables import Reader as ReaderRow
from db.vocabulary import JobState, LabelSource
from tests.faults import checkpoints, ground
from tests.faults.reader import BY
from tests.faults.storm import SPEC, Storm


def check_labels(storm: Storm) -> None:
    """Every acknowledged answer stands in the catalogue once, as it was given, and nothing that was never sent."""
    acknowledged = {f"label:{one.key}": (one.case, one.label) for one in list(storm.reader.acknowledged)}
    answers = (
        select(Annotation.client_key, Annotation.case_id, LabelClass.position, ReaderRow.name)
        .join(LabelClass, LabelClass.id == Annotation.label_id)
        .join(ReaderRow, ReaderRow.id == Annotation.reader_id)
        .where(Annotation.source == LabelSource.HUMAN)
    )
    with storm.ground.db.read() as session:
        rows = session.execute(answers).all()
    by_key = {key: (case, label) for key, case, label, _ in rows}
    assert [key for key, answer in acknowledged.items() if by_key.get(key) != answer] == []
    assert len(rows) == len(by_key)
    assert {name for *_, name in rows} <= {BY}
    assert set(by_key) <= {f"label:{one.key}" for one in list(storm.reader.sent)}
    assert storm.reader.refused == []


def check_all(storm: Storm) -> None:
    """After the end: labels, catalogue, trainings and imports."""
    check_labels(storm)
    assert len(storm.reader.acknowledged) == len(storm.reader.sent)
    _check_catalogue(storm)
    for job, run in storm.trainings:
        folder = runs.folder(storm.ground.settings, run)
        assert storm.job(job).state is JobState.SUCCEEDED
        assert checkpoints.hashes(folder) == storm.reference
        assert checkpoints.drafts(folder) == set()
        checkpoints.check(storm.ground.db, folder, run, ended=True)
        assert {len(curve) for curve in runs.curves(storm.ground.db, run).values()} == {SPEC.epochs}
    for job, folder in [*storm.imports, *storm.small]:
        report = storm.job(job).result
        assert report["imported"] + report["known"] == report["found"]
        assert report["refused"] == report["unlisted"] == report["missing"] == []
        ground.check_imported(storm.ground, folder)


def _check_catalogue(storm: Storm) -> None:
    with storm.ground.db.read() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        human = select(func.count(Annotation.id)).where(Annotation.source == LabelSource.HUMAN)
        assert session.scalar(human) == len(storm.reader.sent)
        # An answer sent again, later, has not come back over a newer one.
        newest = select(func.max(Annotation.id)).group_by(Annotation.case_id)
        shown = select(Case.id).join(Annotation, Annotation.case_id == Case.id).where(Annotation.id.in_(newest))
        assert session.scalars(shown.where(Case.label_id != Annotation.label_id)).all() == []
