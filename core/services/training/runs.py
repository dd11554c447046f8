"""Read training runs: the list, one run, its curves, its log."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.jobs import job_queue
from core.models import MODELS
from core.settings import Settings
from core.training.spec import TrainSpec
from db import Database
from db.tables import Checkpoint, Job, Metric, Prediction, Run, Snapshot, Task
from db.vocabulary import CheckpointKind, JobKind, TaskKind

LOG_TAIL = 64 * 1024


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: its settings, its snapshot, and its newest training job.

    `external_source` describes external predictions (name, file, sha256, at …); such a run has no model here.
    """

    id: int
    snapshot_id: int
    snapshot: str
    task_id: int
    task: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    kind: TaskKind
    extra_snapshots: tuple[int, ...]  # snapshots of additional tasks
    spec: TrainSpec
    result: dict[str, Any]
    job: job_queue.JobView | None
    best_epoch: int | None
    best: dict[str, float]  # the metrics of that epoch
    predicted: int
    created_at: float
    external_source: dict[str, Any] | None = None

    @property
    def model(self) -> str:
        """The network's title, or the name of the external predictions."""
        return MODELS[self.spec.model].title if self.external_source is None else str(self.external_source["name"])

    @property
    def state(self) -> str:
        """The state of its newest training job, or "external" for external predictions."""
        return self.job.state.value if self.job else "external" if self.external_source is not None else "queued"

    @property
    def reviewable(self) -> bool:
        """Whether it has predictions, or weights to predict with."""
        return self.best_epoch is not None or self.predicted > 0

    @property
    def best_auroc(self) -> float | None:
        """The best epoch's AUROC on validation, if defined."""
        return self.best.get("val_auroc")

    def about(self, finding: int) -> "RunView":
        """Return the run as a binary one about a single finding: absent or present."""
        title = self.titles[finding]
        return replace(self, classes=("absent", "present"), titles=(f"no {title}", title))


def list_runs(db: Database) -> list[RunView]:
    """Return all runs, newest first."""
    with db.read() as session:
        return [_view(session, *row) for row in session.execute(_joined().order_by(Run.id.desc()))]


def get(db: Database, run_id: int) -> RunView:
    """Return one run.

    Raises:
        NotFound: no run has that id.
    """
    with db.read() as session:
        row = session.execute(_joined().where(Run.id == run_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no run {run_id}; see the Runs page or `rounds runs`.")
        return _view(session, *row)


def need_model(run: RunView, way: str) -> None:
    """Check that the run has a model here; `way` tells what to do with external predictions instead.

    Raises:
        InvalidInput: the run has external predictions.
    """
    if run.external_source is not None:
        raise InvalidInput(f"Run {run.id} has external predictions and no model here; {way}.")


def finding_named(run: RunView, name: str) -> int | None:
    """Return the position of a finding; None if the run does not predict findings.

    Raises:
        InvalidInput: the run has no finding of that name, or predicts no findings but one was named.
    """
    if run.kind is not TaskKind.MULTI:
        if name:
            raise InvalidInput(
                f"Run {run.id} predicts one {run.kind.value}, not findings; leave out the finding '{name}'."
            )
        return None
    if not name:
        raise InvalidInput(f"Run {run.id} predicts findings; choose one of them: {', '.join(run.classes)}.")
    return _position(run, name, "finding")


def class_named(run: RunView, name: str) -> int | None:
    """Return the position of a class by its name or title; None if no name is given.

    Raises:
        InvalidInput: the run has no such class.
    """
    return _position(run, name, "class") if name else None


def _position(run: RunView, name: str, word: str) -> int:
    names = {title: at for at, title in enumerate(run.titles)} | {one: at for at, one in enumerate(run.classes)}
    if name not in names:
        raise InvalidInput(f"Run {run.id} has no {word} '{name}'; it has: {', '.join(run.classes)}.")
    return names[name]


def curves(db: Database, run_id: int) -> dict[str, list[tuple[int, float]]]:
    """Return each metric's (epoch, value) pairs, by name."""
    with db.read() as session:
        rows = select(Metric).where(Metric.run_id == run_id).order_by(Metric.name, Metric.epoch)
        points: dict[str, list[tuple[int, float]]] = {}
        for row in session.scalars(rows):
            points.setdefault(row.name, []).append((row.epoch, row.value))
    return points


def log(settings: Settings, run_id: int) -> str:
    """Return the end of the run's log."""
    path = folder(settings, run_id) / "log.txt"
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_TAIL))
        return file.read().decode("utf-8", "replace")


def folder(settings: Settings, run_id: int) -> Path:
    """Return the folder of the run's checkpoints, manifest and log."""
    return settings.folder("runs") / str(run_id)


def _joined() -> "Select[Run, Snapshot, str, int]":
    best = and_(Checkpoint.run_id == Run.id, Checkpoint.kind == CheckpointKind.BEST)
    return (
        select(Run, Snapshot, Task.name, Checkpoint.epoch)
        .join(Snapshot, Snapshot.id == Run.snapshot_id)
        .join(Task, Task.id == Snapshot.task_id)
        .outerjoin(Checkpoint, best)
    )


def _view(session: Session, run: Run, snapshot: Snapshot, task: str, best_epoch: int | None) -> RunView:
    job = session.scalar(select(Job).where(Job.run_id == run.id, Job.kind == JobKind.TRAIN).order_by(Job.id.desc()))
    of_best = select(Metric).where(Metric.run_id == run.id, Metric.epoch == best_epoch)
    return RunView(
        id=run.id,
        snapshot_id=snapshot.id,
        snapshot=snapshot.name,
        task_id=snapshot.task_id,
        task=task,
        classes=tuple(pair[0] for pair in snapshot.classes),
        titles=tuple(pair[1] for pair in snapshot.classes),
        kind=snapshot.kind,
        extra_snapshots=tuple(run.extra_snapshots),
        spec=TrainSpec.from_json(run.spec),
        result=run.result or {},
        job=job_queue.to_view(job) if job else None,
        best_epoch=best_epoch,
        best={one.name: one.value for one in session.scalars(of_best)},
        predicted=session.scalar(select(func.count(Prediction.id)).where(Prediction.run_id == run.id)) or 0,
        created_at=run.created_at,
        external_source=run.external_source,
    )
