"""Jobs killed at exact moments: in a step, in a checkpoint, in the queue, in a prediction, and the server with them."""

import json
import os
import signal
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from core.launching.local import dispatcher_lock, slot_lock
from core.launching.locks import is_held, take
from core.services import jobs, runs
from core.services.jobs import LOST, JobView
from core.training.checkpoint import read_weights
from core.training.spec import TrainSpec
from db.vocabulary import JobState
from tests.faults import accounts, checkpoints, ground, predictions, traps
from tests.faults.ground import Ground
from tests.faults.processes import Living, bury, dispatchers, kill, living, until, workers
from tests.faults.reader import Reader, Server

pytestmark = pytest.mark.slow
SPEC = TrainSpec(epochs=4, batch_size=16, learning_rate=0.0003, dropout=0.2, seed=3, device="cpu", threads=1)
TIMINGS = ("images_per_second", "data_wait_share")


@dataclass(frozen=True)
class Straight:
    """What an uninterrupted training and its predictions came to."""

    run: int
    steps: int
    weights: dict[str, str]
    curves: dict[str, list[tuple[int, float]]]
    scores: predictions.Scores
    improved: list[int]  # the epochs that were the best so far


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    there = ground.make(tmp_path_factory.mktemp("killed"), images=160)
    yield there
    quiet(there)
    bury()
    there.db.close()


@pytest.fixture(scope="module")
def straight(home: Ground) -> Straight:
    made = home.train(SPEC, "straight")
    assert ended(home, made.job).attempt == 1
    assert ended(home, home.predict(made.run, "straight")).attempt == 1
    curves, improved, best = told(home, made.run), [], -1.0
    for epoch, auroc in curves["val_auroc"]:
        improved += [epoch] if auroc > best else []
        best = max(best, auroc)
    assert len(improved) > 1, "no second epoch is better than the first: the moments below would not come"
    steps = -(-len(examples(home, "train")) // SPEC.batch_size)
    return Straight(made.run, steps, checkpoints.hashes(folder(home, made.run)), curves,
                    predictions.scores(home.db, made.run), improved)  # fmt: skip


@pytest.fixture(autouse=True)
def trap(home: Ground, monkeypatch, tmp_path):
    """Lays one. A dispatcher that is still there would start jobs without it, or with the last one."""
    quiet(home)
    yield lambda code: traps.lay(monkeypatch, tmp_path / "trap", code)
    kill([*dispatchers(home.settings.home), *workers(home.settings.home)])


def quiet(home: Ground) -> None:
    # A process has no argv for a moment at its start, but its lock.
    until(lambda: not list(living(home.settings.home)) and not is_held(dispatcher_lock(home.settings)))


def examples(home: Ground, split: str) -> list:
    from core.services import training

    return training.examples(home.db, home.settings, home.snapshot, split=split)


def folder(home: Ground, run: int) -> Path:
    return runs.folder(home.settings, run)


def told(home: Ground, run: int) -> dict[str, list[tuple[int, float]]]:
    return {name: curve for name, curve in runs.curves(home.db, run).items() if name not in TIMINGS}


def rounds(home: Ground, *words: str) -> list:
    argv = [sys.executable, "-m", "core", "--home", str(home.settings.home), "--json", *words]
    return json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)


def looked(home: Ground, job: int) -> JobView:
    jobs.look(home.db, home.launcher)
    return jobs.get(home.db, job)


def ended(home: Ground, job: int, state: JobState = JobState.SUCCEEDED) -> JobView:
    until(lambda: looked(home, job).state.is_finished, why=lambda: jobs.get(home.db, job))
    found = jobs.get(home.db, job)
    assert found.state is state, found
    return found


def lost(home: Ground, job: int) -> JobView:
    found = ended(home, job, JobState.LOST)
    assert (found.attempt, found.error) == (1, LOST.format(id=job))
    return found


def resumed(home: Ground, job: int) -> None:
    """By one click, here one command; the second attempt comes to the end."""
    rounds(home, "jobs", "resume", str(job))
    assert ended(home, job).attempt == 2


def is_as_if_nothing_had_been(home: Ground, run: int, straight: Straight) -> None:
    assert checkpoints.hashes(folder(home, run)) == straight.weights
    assert told(home, run) == straight.curves
    checkpoints.check(home.db, folder(home, run), run, ended=True)
    assert checkpoints.drafts(folder(home, run)) == set()


def held(home: Ground, job: int) -> Living:
    """The job's process, once it waits to be killed."""

    def waits() -> list[Living]:
        found = workers(home.settings.home, job)
        return [one for one in found if Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"]

    until(waits, why=lambda: jobs.get(home.db, job))
    return waits()[0]


def on_disk(folder: Path) -> tuple[int, ...]:
    """The epochs of best, last, manifest and state."""
    weights = [read_weights(folder / f"{kind}.safetensors")[1].epoch for kind in ("best", "last")]
    state: int = torch.load(folder / "resume.pt", weights_only=True)["progress"]["epoch"]
    return *weights, json.loads((folder / "manifest.json").read_bytes())["epoch"], state


def test_in_a_step(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=2 * straight.steps + 3, end="die"))
    made = home.train(SPEC, "in a step")
    assert lost(home, made.job).progress["done"] == 2
    resumed(home, made.job)
    is_as_if_nothing_had_been(home, made.run, straight)


def test_before_the_first_epoch_was_done(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=2, end="die"))
    made = home.train(SPEC, "at once")
    lost(home, made.job)
    resumed(home, made.job)
    is_as_if_nothing_had_been(home, made.run, straight)


@pytest.mark.parametrize(("name", "moment", "written"), [
    ("best.safetensors", "half written", 0),
    ("best.safetensors", "before", 0),
    ("last.safetensors", "before", 1),
    ("manifest.json", "before", 2),
    ("resume.pt", "half written", 3),
    ("resume.pt", "after", 4),
])  # fmt: skip
def test_in_a_checkpoint(home, straight, trap, name, moment, written):
    """`written` of its four files are there; of none has the catalogue heard."""
    before, epoch = straight.improved[0], straight.improved[1]
    number = 2 if name == "best.safetensors" else epoch
    trap(traps.IN_A_CHECKPOINT.format(name=name, number=number, moment=traps.MOMENTS[moment]))
    made = home.train(SPEC, f"{name} {moment}")
    assert lost(home, made.job).progress["done"] == epoch - 1
    old = (before, epoch - 1, epoch - 1, epoch - 1)
    assert on_disk(folder(home, made.run)) == (epoch,) * written + old[written:]
    assert len(checkpoints.drafts(folder(home, made.run))) == (moment != "after")
    checkpoints.check(home.db, folder(home, made.run), made.run)
    resumed(home, made.job)
    is_as_if_nothing_had_been(home, made.run, straight)


def test_weights_that_were_not_told_of_predict_nothing(home, straight, trap, monkeypatch):
    trap(traps.IN_A_CHECKPOINT.format(name="last.safetensors", number=straight.improved[1],
                                      moment=traps.MOMENTS["before"]))  # fmt: skip
    made = home.train(SPEC, "untold")
    lost(home, made.job)
    traps.disarm(monkeypatch)
    quiet(home)
    asked = home.predict(made.run, "untold")
    assert "is not what its training told of" in ended(home, asked, JobState.FAILED).error
    assert predictions.scores(home.db, made.run) == {}
    resumed(home, made.job)
    resumed(home, asked)
    found = predictions.scores(home.db, made.run)
    assert {case: one for case, (_, one) in found.items()} == {case: one for case, (_, one) in straight.scores.items()}


def test_in_a_prediction(home, straight, trap):
    predictions.forget(home.db, straight.run)
    trap(traps.IN_A_PREDICTION.format(at_once=16, number=3))
    job = home.predict(straight.run, "killed")
    assert lost(home, job).progress["done"] == 32
    kept = predictions.scores(home.db, straight.run)
    assert len(kept) == 32
    assert kept.items() <= straight.scores.items()
    resumed(home, job)
    assert predictions.scores(home.db, straight.run) == straight.scores


def test_a_cancelled_training_has_told_of_all_it_wrote(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=2 * straight.steps, end="wait_to_be_killed"))
    made = home.train(SPEC, "cancelled")
    process = held(home, made.job)
    jobs.cancel(home.db, made.job)
    os.kill(process.pid, signal.SIGCONT)
    ended(home, made.job, JobState.CANCELLED)
    checkpoints.check(home.db, folder(home, made.run), made.run, ended=True)
    resumed(home, made.job)
    is_as_if_nothing_had_been(home, made.run, straight)


def queued(home: Ground, name: str) -> int:
    """The import of one file."""
    return home.take(ground.pictures(home.settings.home.parent / name, 1, seed=zlib.crc32(name.encode())))


def importing_held_up(home: Ground) -> int:
    """The slot of imports; closing it gives it back. One who dies loses its argv a moment before its locks."""
    slots: list[int | None] = []

    def taken() -> bool:
        slots.append(take(slot_lock(home.settings, "import")))
        return slots[-1] is not None

    until(taken)
    assert slots[-1] is not None
    return slots[-1]


def test_in_the_queue(home):
    """The dispatcher dies before it could start the job: whoever looks next gets it started."""
    slot = importing_held_up(home)
    job = queued(home, "in the queue")
    until(lambda: dispatchers(home.settings.home))
    kill(dispatchers(home.settings.home))
    quiet(home)
    os.close(slot)
    assert (jobs.get(home.db, job).state, jobs.get(home.db, job).attempt) == (JobState.QUEUED, 0)
    rounds(home, "jobs")
    until(lambda: jobs.get(home.db, job).state is JobState.SUCCEEDED)
    assert jobs.get(home.db, job).attempt == 1


def test_between_its_claim_and_its_start(home, trap, tmp_path):
    """It is lost, and the one behind it starts by itself."""
    trap(traps.BETWEEN_CLAIM_AND_START.format(mark=str(tmp_path / "mark")))
    slot = importing_held_up(home)
    first, second = queued(home, "claimed"), queued(home, "behind it")
    os.close(slot)
    until(lambda: jobs.get(home.db, first).state is JobState.RUNNING)
    quiet(home)
    assert jobs.get(home.db, second).state is JobState.QUEUED
    lost(home, first)
    assert ended(home, second).attempt == 1
    resumed(home, first)


def test_a_job_outlives_its_dispatcher(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=straight.steps, end="wait_to_be_killed"))
    made = home.train(SPEC, "outlives")
    process = held(home, made.job)
    waiting = home.predict(straight.run, "behind a training")  # so that the dispatcher stays
    until(lambda: dispatchers(home.settings.home))
    kill(dispatchers(home.settings.home))
    until(lambda: not dispatchers(home.settings.home))
    assert jobs.look(home.db, home.launcher) == []
    os.kill(process.pid, signal.SIGCONT)
    assert ended(home, made.job).attempt == 1
    is_as_if_nothing_had_been(home, made.run, straight)
    assert ended(home, waiting).attempt == 1


def test_server_dispatcher_and_job_at_once(home, straight, trap, tmp_path):
    trap(traps.IN_A_STEP.format(step=straight.steps + 2, end="wait_to_be_killed"))
    server = Server(home.settings.home, tmp_path / "serve.txt")
    reader = Reader(home.settings, server.port, task=home.task, cases=home.cases, seed=1)
    try:
        server.start()
        reader.start()
        made = home.train(SPEC, "all at once")
        held(home, made.job)
        until(lambda: len(reader.acknowledged) > 20)
        server.kill()
        kill([*dispatchers(home.settings.home), *workers(home.settings.home)])
        before = len(reader.acknowledged)
        accounts.check_labels(SimpleNamespace(reader=reader, ground=home))
        server.start()
        lost(home, made.job)
        resumed(home, made.job)
        until(lambda: len(reader.acknowledged) > before + 20)
        reader.stop()
    finally:
        reader.drop()
        server.kill()
    is_as_if_nothing_had_been(home, made.run, straight)
    assert len(reader.acknowledged) == len(reader.sent)
    accounts.check_labels(SimpleNamespace(reader=reader, ground=home))
