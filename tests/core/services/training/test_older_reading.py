"""A run of before says that its stacks read differently now, and is trained again on what is read now."""

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.training import older_reading, runs, submit
from core.services.training.older_reading import ReadingChange
from core.training.spec import TrainSpec
from db.tables import Series
from db.vocabulary import Unit
from tests.core.conftest import Asleep, Home
from tests.core.services.images.stack_files import write

SPEC = TrainSpec(model="cnn_gru_attention", epochs=3, slices=4)


@pytest.fixture
def run(home: Home, tmp_path: Path):
    """A queued training on ten labelled series of four slices."""
    for patient in range(10):
        for place in range(4):
            name = tmp_path / f"in/{patient}-{place}.dcm"
            write(name, 5.0 * place, 100 * patient + place, series=str(patient), PatientID=str(patient))
    home.take(tmp_path / "in")
    task = tasks.create(home.db, name="t", classes=["yes", "no"], unit=Unit.SERIES)
    for number, case in enumerate(annotations.queue(home.db, task_id=task.id, limit=20)):
        annotations.label(home.db, case_id=case.id, answer="label", label=number % 2, by="ann", key=str(number))
    frozen = snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name="one", by="ann")
    made = submit.submit(home.db, snapshot_id=frozen.id, spec=SPEC, by="ann", key="k", launcher=Asleep())
    return runs.get(home.db, made.run)


def mark(home: Home, *, at: float, **changed: bool) -> None:
    """As if an older catalogue had been grouped then."""
    with home.db.transaction() as session:
        for row in session.scalars(select(Series).order_by(Series.id).limit(3)):
            row.reads_differently = {"order": False, "window": False, **changed, "at": at}


def again(home: Home, run, change: ReadingChange):
    made = older_reading.train_again(home.db, run, change, by="ann", launcher=Asleep())
    return runs.get(home.db, made.run)


def test_nothing_is_said_of_a_run_on_what_is_read_now(home, run):
    assert older_reading.reading_change(home.db, run) is None
    mark(home, at=run.created_at - 1, order=True)
    assert older_reading.reading_change(home.db, run) is None


def test_another_window_is_trained_again_on_the_same_dataset(home, run):
    mark(home, at=time.time() + 1, window=True)
    change = older_reading.reading_change(home.db, run)
    assert change == ReadingChange(order=0, window=3)
    second = again(home, run, change)
    assert (second.snapshot_id, second.spec) == (run.snapshot_id, run.spec)
    assert again(home, run, change).id == second.id != run.id  # a double click starts one


def test_another_order_is_trained_again_on_the_dataset_frozen_anew(home, run):
    mark(home, at=time.time() + 1, order=True, window=True)
    change = older_reading.reading_change(home.db, run)
    assert change == ReadingChange(order=3, window=3)
    second = again(home, run, change)
    assert (second.snapshot, second.spec) == ("one (read again)", run.spec)
    recipes = [snapshots.get_snapshot(home.db, one.snapshot_id).recipe for one in (run, second)]
    assert recipes[0] == recipes[1]
    assert again(home, run, change).id == second.id
