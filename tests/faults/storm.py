"""A home where somebody labels, an import and a training go on for ever, and whatever is killed is taken up again."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput
from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.services.training import runs
from core.training.spec import TrainSpec
from db.vocabulary import JobState
from tests.faults import checkpoints, ground, predictions
from tests.faults.ground import Ground
from tests.faults.processes import until, workers
from tests.faults.reader import Reader, Server

SPEC = TrainSpec(epochs=16, batch_size=16, learning_rate=0.0003, dropout=0.2, seed=3, device="cpu", threads=1)
FILES = 800  # of an import: some seconds
LOOK_EVERY_S = 0.3


@dataclass
class Storm:
    """What goes on in a home. Of imports, trainings and predictions the last goes on, the others are done."""

    ground: Ground
    server: Server
    reader: Reader
    folder: Path
    rng: random.Random
    undisturbed: int = 0  # a run
    reference: dict[str, str] = field(default_factory=dict)  # its weights
    scores: predictions.Scores = field(default_factory=dict)
    imports: list[tuple[int, Path]] = field(default_factory=list)  # (job, folder)
    trainings: list[tuple[int, int]] = field(default_factory=list)  # (job, run)
    predicted: list[int] = field(default_factory=list)  # of the undisturbed run
    small: list[tuple[int, Path]] = field(default_factory=list)  # (job, folder): gives a dispatcher something to do
    landed: Counter[str] = field(default_factory=Counter)
    drafts: set[str] = field(default_factory=set)  # what was half written in earlier kills
    slowest: float = 0.0
    calm: bool = False
    paused: bool = False  # the training, so that a prediction has the one slot
    looked: float = 0.0

    @property
    def home(self) -> Path:
        return self.ground.settings.home

    @property
    def training(self) -> int:
        return self.trainings[-1][0]

    @property
    def importing(self) -> int:
        return self.imports[-1][0]

    @property
    def predicting(self) -> int:
        return self.predicted[-1]

    @property
    def run_folder(self) -> Path:
        return runs.folder(self.ground.settings, self.trainings[-1][1])

    def job(self, job_id: int) -> JobView:
        return job_queue.get(self.ground.db, job_id)

    def is_done(self, job_id: int) -> bool:
        return self.job(job_id).state is JobState.SUCCEEDED

    def begin(self) -> None:
        """Learn what an uninterrupted training and its predictions come to, then let everything begin."""
        made = self.ground.train(SPEC, "undisturbed")
        self._undisturbed(made.job)
        self.undisturbed = made.run
        self.reference = checkpoints.hashes(runs.folder(self.ground.settings, made.run))
        self._undisturbed(self.ground.predict(made.run, "undisturbed"))
        self.scores = predictions.scores(self.ground.db, made.run)
        self.tend()
        self.reader.start()

    def _undisturbed(self, job: int) -> None:
        until(lambda: self.job(job).state.is_finished, why=lambda: self.job(job))
        assert (self.job(job).state, self.job(job).attempt) == (JobState.SUCCEEDED, 1), self.job(job)

    def tend(self) -> None:
        """What people would do: start the server again, resume what was lost, ask for more once something is done."""
        if not self.server.is_up():
            self.server.start()
        if time.monotonic() - self.looked < LOOK_EVERY_S:
            return
        self.looked = time.monotonic()
        job_queue.reap_and_wake(self.ground.db, self.ground.launcher)
        for job in self.going():
            assert job.state is not JobState.FAILED, job
            assert job.state is not JobState.CANCELLED or job.id == self.training, job
            if job.state.is_resumable and not (self.paused and job.id == self.training):
                job_queue.requeue(self.ground.db, job.id)
                self.ground.launcher.wake()
        if not self.calm and not self.paused:
            self._ask_for_more()

    def going(self) -> list[JobView]:
        """The jobs that go on, or should."""
        pairs = (*self.trainings[-1:], *self.imports[-1:], *self.small)
        return [self.job(job) for job in (*(job for job, _ in pairs), *self.predicted[-1:])]

    def _ask_for_more(self) -> None:
        if not self.trainings or self.is_done(self.training):
            made = self.ground.train(SPEC, f"training {len(self.trainings)}")
            self.trainings.append((made.job, made.run))
        if not self.imports or self.is_done(self.importing):
            self.imports.append(self._take(FILES, f"import {len(self.imports)}"))

    def queue_a_small_one(self) -> None:
        """Something that a dispatcher has to start."""
        self.small.append(self._take(1, f"small {len(self.small)}"))

    def pause(self) -> None:
        """Cancel the training, as who needs its slot would."""
        self.paused = True
        with suppress(InvalidInput):  # it has ended already
            job_queue.cancel(self.ground.db, self.training)
        self.until(lambda: self.job(self.training).state.is_finished)

    def ask_for_predictions(self) -> None:
        """Of the undisturbed run, as if it had none yet."""
        predictions.forget(self.ground.db, self.undisturbed)
        self.predicted.append(self.ground.predict(self.undisturbed, f"prediction {len(self.predicted)}"))

    def _take(self, count: int, name: str) -> tuple[int, Path]:
        folder = ground.pictures(self.folder / name, count, seed=self.rng.randrange(1 << 30))
        return self.ground.take(folder), folder

    def until(self, true: Callable[[], object]) -> None:
        """Wait, and tend meanwhile."""

        def tended() -> object:
            self.tend()
            return true()

        until(tended, why=self.going)

    def rest(self, seconds: float) -> None:
        """Let it go on for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.tend()
            time.sleep(min(0.02, left))

    def come_to_an_end(self) -> None:
        """No more kills: what goes on is done, and the reader has her last answer acknowledged."""
        self.calm = True
        self.until(lambda: all(job.state is JobState.SUCCEEDED for job in self.going()) and not workers(self.home))
        self.reader.stop()
