"""A home where somebody labels, an import and a training go on for ever, and whatever is killed is taken up again."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.services import jobs, runs
from core.services.jobs import JobView
from core.training.spec import TrainSpec
from db.vocabulary import JobState
from tests.faults import checkpoints, ground
from tests.faults.ground import Ground
from tests.faults.processes import until, workers
from tests.faults.reader import Reader, Server

SPEC = TrainSpec(epochs=16, batch_size=16, learning_rate=0.0003, dropout=0.2, seed=3, device="cpu", threads=1)
FILES = 800  # of an import: some seconds
LOOK_EVERY_S = 0.3


@dataclass
class Storm:
    """What goes on in a home. Of imports and trainings the last one goes on, the others are done."""

    ground: Ground
    server: Server
    reader: Reader
    folder: Path
    chance: random.Random
    reference: dict[str, str] = field(default_factory=dict)
    imports: list[tuple[int, Path]] = field(default_factory=list)  # (job, folder)
    trainings: list[tuple[int, int]] = field(default_factory=list)  # (job, run)
    small: list[tuple[int, Path]] = field(default_factory=list)  # (job, folder): gives a dispatcher something to do
    landed: Counter[str] = field(default_factory=Counter)
    drafts: set[str] = field(default_factory=set)  # what was half written in earlier kills
    slowest: float = 0.0
    calm: bool = False
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
    def run_folder(self) -> Path:
        return runs.folder(self.ground.settings, self.trainings[-1][1])

    def job(self, job_id: int) -> JobView:
        return jobs.get(self.ground.db, job_id)

    def is_done(self, job_id: int) -> bool:
        return self.job(job_id).state is JobState.SUCCEEDED

    def begin(self) -> None:
        """Learn what an uninterrupted training comes to, then let everything begin."""
        made = self.ground.train(SPEC, "undisturbed")
        until(lambda: self.job(made.job).state.is_finished, why=lambda: self.job(made.job))
        assert (self.job(made.job).state, self.job(made.job).attempt) == (JobState.SUCCEEDED, 1)
        self.reference = checkpoints.hashes(runs.folder(self.ground.settings, made.run))
        self.tend()
        self.reader.start()

    def tend(self) -> None:
        """What people would do: start the server again, resume what was lost, ask for more once something is done."""
        if not self.server.is_up():
            self.server.start()
        if time.monotonic() - self.looked < LOOK_EVERY_S:
            return
        self.looked = time.monotonic()
        jobs.look(self.ground.db, self.ground.launcher)
        for job in self.going():
            assert job.state not in (JobState.FAILED, JobState.CANCELLED), job
            if job.state is JobState.LOST:
                jobs.requeue(self.ground.db, job.id)
                self.ground.launcher.wake()
        if not self.calm:
            self._ask_for_more()

    def going(self) -> list[JobView]:
        """The jobs that go on, or should."""
        return [self.job(job) for job, _ in (*self.trainings[-1:], *self.imports[-1:], *self.small)]

    def _ask_for_more(self) -> None:
        if not self.trainings or self.is_done(self.training):
            made = self.ground.train(SPEC, f"training {len(self.trainings)}")
            self.trainings.append((made.job, made.run))
        if not self.imports or self.is_done(self.importing):
            self.imports.append(self._take(FILES, f"import {len(self.imports)}"))

    def queue_a_small_one(self) -> None:
        """Something that a dispatcher has to start."""
        self.small.append(self._take(1, f"small {len(self.small)}"))

    def _take(self, count: int, name: str) -> tuple[int, Path]:
        folder = ground.pictures(self.folder / name, count, seed=self.chance.randrange(1 << 30))
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
