"""From a form to a run: what will be trained on what, queued once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotTrainable
from core.imaging.format import PixelFormat
from core.imaging.store import Store
from core.launching import Launcher
from core.services import jobs, snapshotting
from core.settings import Settings
from core.training.data import Example
from core.training.spec import TrainSpec
from db import Database, queries
from db.tables import Case, Checkpoint, Image, Metric, Patient, Run, SnapshotCase
from db.vocabulary import CheckpointKind, JobKind, Split


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run and the job that serves it."""

    run: int
    job: int


def submit(db: Database, *, snapshot_id: int, spec: TrainSpec, by: str, key: str, launcher: Launcher) -> Submitted:
    """Queue a training. `key` is one per rendered form: a second click with it gives the first run again.

    Raises:
        NotFound: no such snapshot.
        NotTrainable: a class without training images.
    """
    snapshot = snapshotting.get(db, snapshot_id)
    _check(snapshot)
    with db.transaction() as session:
        run = session.scalar(select(Run).where(Run.request_key == key))
        if run is None:
            run = Run(snapshot_id=snapshot_id, reader_id=queries.reader_id(session, by), spec=spec.to_json(),
                      request_key=key)  # fmt: skip
            session.add(run)
            session.flush()
        job = jobs.add(session, JobKind.TRAIN, {"run": run.id}, key=f"train:{key}", run_id=run.id)
        submitted = Submitted(run.id, job.id)
    launcher.wake()
    return submitted


def examples(db: Database, settings: Settings, snapshot_id: int, *, split: str | None = None) -> list[Example]:
    """The frozen cases as training reads them, in the order of their files' hashes, the same in every home."""
    store = Store(settings.home)
    joined = (
        select(SnapshotCase, Image.sha256, Image.item, Image.offset, Image.format, Patient.pseudonym)
        .join(Case, Case.id == SnapshotCase.case_id)
        .join(Image, Image.id == Case.image_id)
        .join(Patient, Patient.id == SnapshotCase.patient_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
        .order_by(Image.sha256, Image.item)
    )
    if split:
        joined = joined.where(SnapshotCase.split == Split(split))
    with db.read() as session:
        return [
            Example(
                key=str(frozen.case_id), pixels=store.pixels(sha256), offset=offset,
                format=PixelFormat.from_json(pixels), label=frozen.label, split=frozen.split.value,
                weight=frozen.weight, repeats=frozen.repeats, patient=patient,
            )
            for frozen, sha256, _, offset, pixels, patient in session.execute(joined)
        ]  # fmt: skip


def originals(db: Database, snapshot_id: int) -> list[str]:
    """sha256 of every file behind a snapshot, for verifying before training."""
    with db.read() as session:
        joined = (
            select(Image.sha256)
            .join(Case, Case.image_id == Image.id)
            .join(SnapshotCase, SnapshotCase.case_id == Case.id)
            .where(SnapshotCase.snapshot_id == snapshot_id)
            .distinct()
        )
        return sorted(session.scalars(joined))


def keep_epoch(session: Session, run_id: int, epoch: int, metrics: Mapping[str, float]) -> None:
    """One epoch's numbers; an epoch run again after a resume replaces its own."""
    for name, value in metrics.items():
        session.merge(Metric(run_id=run_id, epoch=epoch, name=name, value=value))


def keep_checkpoint(session: Session, run_id: int, kind: str, epoch: int, sha256: str) -> None:
    """Which file now holds the best or the last weights."""
    session.merge(Checkpoint(run_id=run_id, kind=CheckpointKind(kind), epoch=epoch, sha256=sha256))


def keep_result(session: Session, run_id: int, result: dict[str, Any]) -> None:
    """What the finished training says of itself: epochs, device, throughput."""
    session.get_one(Run, run_id).result = result


def _check(snapshot: snapshotting.SnapshotView) -> None:
    train = snapshot.summary.get("train", {}).get("labels", {})
    empty = [name for name in snapshot.classes if not train.get(name)]
    if empty:
        raise NotTrainable(
            f"Snapshot '{snapshot.name}' has no training image of class '{empty[0]}'; "
            "label more of it and freeze again."
        )
