"""Jobs killed at exact moments: in a step, in a checkpoint, in the queue, in a prediction, and the server with them."""

import os
import signal
from types import SimpleNamespace

import pytest

from core.jobs import job_queue
from db.vocabulary import JobState
from tests.faults import accounts, checkpoints, ground, predictions, traps
from tests.faults.attempts import (
    SPEC,
    Straight,
    ended,
    folder,
    go_straight,
    importing_held_up,
    is_as_if_nothing_had_been,
    lost,
    on_disk,
    queued,
    quiet,
    resumed,
    rounds,
    stopped_worker,
)
from tests.faults.ground import Ground
from tests.faults.processes import bury, dispatchers, kill, until, workers
from tests.faults.reader import Reader, Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = ground.make(tmp_path_factory.mktemp("killed"), images=160)
    yield folder
    quiet(folder)
    bury()
    folder.db.close()


@pytest.fixture(scope="module")
def straight(home: Ground) -> Straight:
    return go_straight(home)


@pytest.fixture(autouse=True)
def trap(home: Ground, monkeypatch, tmp_path):
    """Lays one. A dispatcher that is still there would start jobs without it, or with the last one."""
    quiet(home)
    yield lambda code: traps.lay(monkeypatch, tmp_path / "trap", code)
    kill([*dispatchers(home.settings.home), *workers(home.settings.home)])


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


@pytest.mark.parametrize(
    ("name", "moment", "written"),
    [
        ("best.safetensors", "half written", 0),
        ("best.safetensors", "before", 0),
        ("last.safetensors", "before", 1),
        ("manifest.json", "before", 2),
        ("resume.pt", "half written", 3),
        ("resume.pt", "after", 4),
    ],
)
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
    trap(
        traps.IN_A_CHECKPOINT.format(
            name="last.safetensors", number=straight.improved[1], moment=traps.MOMENTS["before"]
        )
    )
    made = home.train(SPEC, "untold")
    lost(home, made.job)
    traps.disarm(monkeypatch)
    quiet(home)
    submitted = home.predict(made.run, "untold")
    assert "does not match the checkpoint recorded by its training" in ended(home, submitted, JobState.FAILED).error
    assert predictions.scores(home.db, made.run) == {}
    resumed(home, made.job)
    resumed(home, submitted)
    row = predictions.scores(home.db, made.run)
    assert {case: one for case, (_, one) in row.items()} == {case: one for case, (_, one) in straight.scores.items()}


def test_in_a_prediction(home, straight, trap):
    predictions.forget(home.db, straight.run)
    trap(traps.IN_A_PREDICTION.format(at_once=16, number=3))
    job = home.predict(straight.run, "killed")
    assert lost(home, job).progress["done"] == 32
    rows = predictions.scores(home.db, straight.run)
    assert len(rows) == 32
    assert rows.items() <= straight.scores.items()
    resumed(home, job)
    assert predictions.scores(home.db, straight.run) == straight.scores


def test_a_cancelled_training_has_told_of_all_it_wrote(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=2 * straight.steps, end="wait_to_be_killed"))
    made = home.train(SPEC, "cancelled")
    process = stopped_worker(home, made.job)
    job_queue.cancel(home.db, made.job)
    os.kill(process.pid, signal.SIGCONT)
    ended(home, made.job, JobState.CANCELLED)
    checkpoints.check(home.db, folder(home, made.run), made.run, ended=True)
    resumed(home, made.job)
    is_as_if_nothing_had_been(home, made.run, straight)


def test_in_the_queue(home):
    """The dispatcher dies before it could start the job: whoever looks next gets it started."""
    slot = importing_held_up(home)
    job = queued(home, "in the queue")
    until(lambda: dispatchers(home.settings.home))
    kill(dispatchers(home.settings.home))
    quiet(home)
    os.close(slot)
    assert (job_queue.get(home.db, job).state, job_queue.get(home.db, job).attempt) == (JobState.QUEUED, 0)
    rounds(home, "jobs")
    until(lambda: job_queue.get(home.db, job).state is JobState.SUCCEEDED)
    assert job_queue.get(home.db, job).attempt == 1


def test_between_its_claim_and_its_start(home, trap, tmp_path):
    """It is lost, and the one behind it starts by itself."""
    trap(traps.BETWEEN_CLAIM_AND_START.format(mark=str(tmp_path / "mark")))
    slot = importing_held_up(home)
    first, second = queued(home, "claimed"), queued(home, "behind it")
    os.close(slot)
    until(lambda: job_queue.get(home.db, first).state is JobState.RUNNING)
    quiet(home)
    assert job_queue.get(home.db, second).state is JobState.QUEUED
    lost(home, first)
    assert ended(home, second).attempt == 1
    resumed(home, first)


def test_a_job_outlives_its_dispatcher(home, straight, trap):
    trap(traps.IN_A_STEP.format(step=straight.steps, end="wait_to_be_killed"))
    made = home.train(SPEC, "outlives")
    process = stopped_worker(home, made.job)
    waiting = home.predict(straight.run, "behind a training")  # so that the dispatcher stays
    until(lambda: dispatchers(home.settings.home))
    kill(dispatchers(home.settings.home))
    until(lambda: not dispatchers(home.settings.home))
    assert job_queue.reap_and_wake(home.db, home.launcher) == []
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
        stopped_worker(home, made.job)
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
