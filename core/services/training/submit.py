"""Queue a training, and record its epochs, checkpoints and result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotTrainable
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import initial_weights
from core.services.training.value_ranges import value_ranges
from core.training.spec import TrainSpec, hyperparameter
from core.training.windowing import check_windowing
from db import Database, queries
from db.tables import Checkpoint, Metric, Run
from db.vocabulary import CheckpointKind, JobKind, MirrorSymmetry


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run and its job."""

    run: int
    job: int


def submit(
    db: Database, *, snapshot_id: int, spec: TrainSpec, by: str, key: str, launcher: Launcher, also: Sequence[int] = ()
) -> Submitted:
    """Queue a training. `key` identifies the form: a second click with the same key returns the first run.

    `also` are the snapshots of additional tasks, trained at once on the same images.

    Raises:
        NotFound: no such snapshot.
        NotTrainable: a class without training images, a flip that a task does not allow, a window that does not fit
            the images, or an initial run that was trained on patients who validate or test here.
    """
    snapshot = snapshots.get_snapshot(db, snapshot_id)
    _check(snapshot)
    for trained in (snapshot, *(snapshots.get_snapshot(db, other) for other in also)):
        _check_flips(tasks.get(db, trained.task_id), spec)
    if spec.windowing != "as shown":
        check_windowing(spec, value_ranges(db, snapshot_id))
    initial_weights.check_no_leakage_from_run(db, snapshot_id, spec)
    with db.transaction() as session:
        run = session.scalar(select(Run).where(Run.request_key == key))
        if run is None:
            run = Run(
                snapshot_id=snapshot_id,
                reader_id=queries.reader_id(session, by),
                spec=spec.to_json(),
                request_key=key,
                extra_snapshots=list(also),
            )
            session.add(run)
            session.flush()
        job = job_queue.add(session, JobKind.TRAIN, {"run": run.id}, key=f"train:{key}", run_id=run.id)
        submitted = Submitted(run.id, job.id)
    launcher.wake()
    return submitted


def record_window(session: Session, run_id: int, center: float, width: float) -> None:
    """Record level and width of the window that a training uses in its spec."""
    run = session.get_one(Run, run_id)
    run.spec = {**run.spec, "window_center": center, "window_width": width}


def record_epoch(session: Session, run_id: int, epoch: int, metrics: Mapping[str, float]) -> None:
    """Record one epoch's metrics; an epoch that is repeated after a resume replaces its earlier values."""
    for name, value in metrics.items():
        session.merge(Metric(run_id=run_id, epoch=epoch, name=name, value=value))


def record_checkpoint(session: Session, run_id: int, kind: str, epoch: int, sha256: str) -> None:
    """Record the epoch and sha256 of the best or the last weights."""
    session.merge(Checkpoint(run_id=run_id, kind=CheckpointKind(kind), epoch=epoch, sha256=sha256))


def record_result(session: Session, run_id: int, result: dict[str, Any]) -> None:
    """Record the result of a finished training: epochs, device, throughput."""
    session.get_one(Run, run_id).result = result


def _check_flips(task: tasks.TaskView, spec: TrainSpec) -> None:
    allowed = {MirrorSymmetry.NONE: ("none",), MirrorSymmetry.LEFT_RIGHT: ("none", "left-right")}.get(
        task.flips, hyperparameter("flips").choices
    )
    if spec.augment == "custom" and spec.flips not in allowed:
        raise NotTrainable(
            f"The flips are '{spec.flips}', but task '{task.name}' allows {' and '.join(allowed)}, because a flip may "
            "change the label; choose none, or allow the flip in the task."
        )


def _check(snapshot: snapshots.SnapshotView) -> None:
    train = snapshot.summary.get("train", {}).get("labels", {})
    empty = [name for name in snapshot.classes if not train.get(name)]
    if empty:
        raise NotTrainable(
            f"Snapshot '{snapshot.name}' has no training image of class '{empty[0]}'; label some and freeze again."
        )
