"""Find runs that were trained on stacks which this version reads in another order or at another window."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from core.curation.recipe import Recipe
from core.jobs.launcher import Launcher
from core.services.datasets import snapshots
from core.services.training import submit
from core.services.training.runs import RunView
from core.services.training.submit import Submitted
from core.training.spec import TrainSpec
from db import Database
from db.tables import Case, Image, Series, SnapshotCase


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """How many stacks of a run's dataset have been read in another order, or at another window, since the training."""

    order: int
    window: int


def reading_change(db: Database, run: RunView) -> ReadingChange | None:
    """Return what reads differently since the run was trained; None if nothing does."""
    changes = [change for change in _changes(db, run.snapshot_id) if change["at"] > run.created_at]
    if not changes:
        return None
    return ReadingChange(*(sum(bool(change[name]) for change in changes) for name in ("order", "window")))


@lru_cache(maxsize=256)  # what reads differently is found once, when a catalogue of before is opened
def _changes(db: Database, snapshot_id: int) -> list[dict[str, Any]]:
    statement = (
        select(Series.id, Series.reads_differently)
        .join(Image, Image.series_id == Series.id)
        .join(Case, Case.image_id == Image.id)
        .join(SnapshotCase, SnapshotCase.case_id == Case.id)
        .where(SnapshotCase.snapshot_id == snapshot_id, Series.reads_differently.isnot(None))
        .distinct()
    )
    with db.read() as session:
        return [change for _, change in session.execute(statement) if change]


def train_again(db: Database, run: RunView, change: ReadingChange, *, by: str, launcher: Launcher) -> Submitted:
    """Queue the same training on what is read now; where the order changed, on a newly frozen dataset.

    A frozen case keeps its images in their order, so the dataset is frozen again with its recipe and today's labels.

    Raises:
        NotTrainable: see `submit.submit`.
        InvalidInput: the dataset cannot be frozen again, see `snapshots.freeze`.
    """
    snapshot_id = _refreeze(db, run, by) if change.order else run.snapshot_id
    key = f"read-again:{run.id}"
    return submit.submit(
        db,
        snapshot_id=snapshot_id,
        spec=_unset_window(run.spec),
        by=by,
        key=key,
        launcher=launcher,
        also=run.extra_snapshots,
    )


def _unset_window(spec: TrainSpec) -> TrainSpec:
    """Return the spec without the window of the values that were read before."""
    return replace(spec, window_center=0.0, window_width=0.0) if spec.windowing == "per dataset" else spec


def _refreeze(db: Database, run: RunView, by: str) -> int:
    snapshot = snapshots.get_snapshot(db, run.snapshot_id)
    name = f"{snapshot.name} (read again)"
    frozen = next((one for one in snapshots.list_snapshots(db) if one.name == name), None)
    return (frozen or snapshots.freeze(db, snapshot.task_id, Recipe.from_json(snapshot.recipe), name=name, by=by)).id
