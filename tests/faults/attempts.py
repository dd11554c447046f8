"""Attempts at jobs, followed to their ends from outside, and what an uninterrupted one comes to."""

import json
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from core.jobs import job_queue
from core.jobs.job_queue import LOST, JobView
from core.jobs.local import dispatcher_lock, slot_lock
from core.jobs.locks import acquire, is_held
from core.services.datasets import training_examples
from core.services.training import runs
from core.training.checkpoint import read_weights
from core.training.spec import TrainSpec
from db.vocabulary import JobState
from tests.faults import checkpoints, ground, predictions
from tests.faults.ground import Ground
from tests.faults.processes import Living, living, until, workers

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


def go_straight(home: Ground) -> Straight:
    """Train and predict, and let nothing come between."""
    made = home.train(SPEC, "straight")
    assert ended(home, made.job).attempt == 1
    assert ended(home, home.predict(made.run, "straight")).attempt == 1
    curves, improved, best = curves_of(home, made.run), [], -1.0
    for epoch, auroc in curves["val_auroc"]:
        improved += [epoch] if auroc > best else []
        best = max(best, auroc)
    assert len(improved) > 1, "no second epoch is better than the first: there is no such moment to be killed in"
    steps = -(
        -len(training_examples.examples_of(home.db, home.settings, home.snapshot, split="train")) // SPEC.batch_size
    )
    return Straight(
        made.run,
        steps,
        checkpoints.hashes(folder(home, made.run)),
        curves,
        predictions.scores(home.db, made.run),
        improved,
    )


def quiet(home: Ground) -> None:
    # A process has no argv for a moment at its start, but its lock.
    until(lambda: not list(living(home.settings.home)) and not is_held(dispatcher_lock(home.settings)))


def folder(home: Ground, run: int) -> Path:
    return runs.folder(home.settings, run)


def curves_of(home: Ground, run: int) -> dict[str, list[tuple[int, float]]]:
    return {name: curve for name, curve in runs.curves(home.db, run).items() if name not in TIMINGS}


def rounds(home: Ground, *words: str) -> list:
    argv = [sys.executable, "-m", "core", "--home", str(home.settings.home), "--json", *words]
    return json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)


def looked(home: Ground, job: int) -> JobView:
    job_queue.reap_and_wake(home.db, home.launcher)
    return job_queue.get(home.db, job)


def ended(home: Ground, job: int, state: JobState = JobState.SUCCEEDED) -> JobView:
    until(lambda: looked(home, job).state.is_finished, why=lambda: job_queue.get(home.db, job))
    current = job_queue.get(home.db, job)
    assert current.state is state, current
    return current


def lost(home: Ground, job: int) -> JobView:
    current = ended(home, job, JobState.LOST)
    assert (current.attempt, current.error) == (1, LOST.format(id=job))
    return current


def resumed(home: Ground, job: int) -> None:
    """By one click, here one command; the second attempt comes to the end."""
    rounds(home, "jobs", "resume", str(job))
    assert ended(home, job).attempt == 2


def is_as_if_nothing_had_been(home: Ground, run: int, straight: Straight) -> None:
    assert checkpoints.hashes(folder(home, run)) == straight.weights
    assert curves_of(home, run) == straight.curves
    checkpoints.check(home.db, folder(home, run), run, ended=True)
    assert checkpoints.drafts(folder(home, run)) == set()


def stopped_worker(home: Ground, job: int) -> Living:
    """The job's process, once it waits to be killed."""

    def stopped() -> list[Living]:
        current = workers(home.settings.home, job)
        return [
            process
            for process in current
            if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        ]

    until(stopped, why=lambda: job_queue.get(home.db, job))
    return stopped()[0]


def on_disk(folder: Path) -> tuple[int, ...]:
    """The epochs of best, last, manifest and state."""
    weights = [read_weights(folder / f"{kind}.safetensors")[1].epoch for kind in ("best", "last")]
    state: int = torch.load(folder / "resume.pt", weights_only=True)["progress"]["epoch"]
    return *weights, json.loads((folder / "manifest.json").read_bytes())["epoch"], state


def queued(home: Ground, name: str) -> int:
    """The import of one file."""
    return home.take(ground.pictures(home.settings.home.parent / name, 1, seed=zlib.crc32(name.encode())))


def importing_held_up(home: Ground) -> int:
    """The slot of imports; closing it gives it back. One who dies loses its argv a moment before its locks."""
    slots: list[int | None] = []

    def taken() -> bool:
        slots.append(acquire(slot_lock(home.settings, "import")))
        return slots[-1] is not None

    until(taken)
    assert slots[-1] is not None
    return slots[-1]
