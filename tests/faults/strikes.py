"""The ways in which something is killed at a random moment, and how that must look right afterwards."""

import json
import subprocess
import sys
import time
from collections.abc import Callable

from core.jobs import job_queue
from core.jobs.job_queue import LOST
from db.vocabulary import JobState
from tests.faults import checkpoints, predictions
from tests.faults.arrivals import arrivals
from tests.faults.processes import Living, dispatchers, file_readers, kill, until, workers
from tests.faults.storm import Storm

SEEN_WITHIN_S = 10.0


def strike(storm: Storm, what: str) -> None:
    """Wait until there is something to kill, then kill it; what ended by itself meanwhile does not count."""
    while not STRIKES[what](storm):
        storm.landed["(too late)"] += 1


def _server(storm: Storm) -> bool:
    before = len(storm.reader.acknowledged)
    storm.until(lambda: len(storm.reader.acknowledged) > before + 3)
    storm.rest(storm.rng.uniform(0, 1))
    storm.landed["server, an answer in flight" if storm.reader.in_flight else "server"] += 1
    storm.server.kill()
    return True


def _import(storm: Storm) -> bool:
    """The worker alone, or with its reading processes."""
    job = _with_process(storm, lambda: storm.importing)
    storm.rest(storm.rng.uniform(0, 4))
    return _job(storm, job, "import", group=storm.rng.random() < 0.5)


def _training(storm: Storm) -> bool:
    """Half of them while it starts, half while it learns."""
    job = _with_process(storm, lambda: storm.training)
    if storm.rng.random() < 0.5:
        _learning(storm, job)
    storm.rest(storm.rng.uniform(0, 3))
    name = "training, learning" if "step" in storm.job(job).progress else "training, starting"
    return _job(storm, job, name)


def _checkpoint(storm: Storm) -> bool:
    """While one of an epoch's files is being written, or a moment later."""
    job = _with_process(storm, lambda: storm.training)
    _learning(storm, job)
    if job != storm.training:  # it has come to its end, and the next has no folder yet
        return False
    expected = storm.rng.choice(["best.safetensors", "last.safetensors", "manifest.json", "resume.pt"])
    later = storm.rng.choice([0, storm.rng.uniform(0, 0.01)])
    processes = workers(storm.home, job)
    with arrivals(storm.run_folder) as come:
        come.wait(f".{expected}", seconds=3)
        time.sleep(later)
        return _job(storm, job, "checkpoint", processes=processes)


def _predicting(storm: Storm) -> bool:
    """Killed, it is resumed and comes to the same numbers; the training makes room and goes on afterwards."""
    storm.pause()
    try:
        storm.ask_for_predictions()
        job = _with_process(storm, lambda: storm.predicting)
        storm.rest(storm.rng.uniform(0, 4))
        killed = _job(storm, job, "predicting")
        storm.until(lambda: storm.is_done(job))
        assert predictions.scores(storm.ground.db, storm.undisturbed) == storm.scores
        return killed
    finally:
        storm.paused = False


def _dispatcher(storm: Storm) -> bool:
    storm.queue_a_small_one()
    storm.rest(storm.rng.uniform(0, 1.2))
    killed = kill(dispatchers(storm.home)) > 0
    storm.landed["dispatcher"] += killed
    return killed


def _everything(storm: Storm) -> bool:
    """As when the power goes: server, dispatcher, workers and their readers."""
    going = [_with_process(storm, lambda: storm.training), storm.importing]
    storm.queue_a_small_one()
    storm.rest(storm.rng.uniform(0, 2))
    storm.server.kill()
    kill([*dispatchers(storm.home), *workers(storm.home), *file_readers(storm.home)])
    storm.landed["everything"] += 1
    _is_seen(storm, going, lambda: _rounds_jobs(storm))
    return True


def _with_process(storm: Storm, which: Callable[[], int]) -> int:
    """The newest such job, once it has a process."""
    storm.until(lambda: workers(storm.home, which()))
    return which()


def _learning(storm: Storm, job: int) -> None:
    storm.until(lambda: "step" in storm.job(job).progress or storm.job(job).state.is_finished)


def _job(storm: Storm, job: int, name: str, *, group: bool = False, processes: list[Living] | None = None) -> bool:
    if not kill(workers(storm.home, job) if processes is None else processes, group=group):
        return False
    until(lambda: not workers(storm.home, job))
    half = set() if name in ("import", "predicting") else checkpoints.drafts(storm.run_folder) - storm.drafts
    storm.drafts |= half
    storm.landed[f"{name}, half of {half.pop()[1:].rsplit('.', 1)[0]} written" if half else name] += 1
    _is_seen(storm, [job], lambda: job_queue.reap_and_wake(storm.ground.db, storm.ground.launcher))
    return True


def _rounds_jobs(storm: Storm) -> None:
    argv = [sys.executable, "-m", "core", "--home", str(storm.home), "--json", "jobs"]
    json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)


def _is_seen(storm: Storm, killed: list[int], look: Callable[[], object]) -> None:
    """The dead are seen in time, one sentence says so, and what they left is whole."""

    def seen() -> bool:
        look()
        return all(storm.job(one).state is not JobState.RUNNING for one in killed)

    begun = time.monotonic()
    until(seen, SEEN_WITHIN_S, why=storm.going)
    storm.slowest = max(storm.slowest, time.monotonic() - begun)
    for job in map(storm.job, killed):
        assert job.state is not JobState.LOST or job.error == LOST.format(id=job.id)
    checkpoints.check(storm.ground.db, storm.run_folder, storm.trainings[-1][1])


STRIKES: dict[str, Callable[[Storm], bool]] = {
    "server": _server,
    "import": _import,
    "training": _training,
    "checkpoint": _checkpoint,
    "predicting": _predicting,
    "dispatcher": _dispatcher,
    "everything": _everything,
}
DECK = (
    "server",
    "server",
    "import",
    "import",
    "training",
    "checkpoint",
    "checkpoint",
    "predicting",
    "dispatcher",
    "everything",
)
