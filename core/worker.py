"""Run one claimed job in this process: events to rows, heartbeat, cancel, finish."""

import logging
import os
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from core.errors import FencedOff, NotFound, NotTrainable, UserError, refusal
from core.imaging.store import Store
from core.services import (
    examining,
    examples,
    images,
    importing,
    jobs,
    predicting,
    runs,
    snapshotting,
    starting,
    training,
)
from core.services.patience import note_of, patiently
from core.settings import Settings
from db import Database
from db.vocabulary import JobKind, JobState

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training import events

T = TypeVar("T")
BEAT_EVERY_S = 0.5
PREDICTIONS_AT_ONCE = 256
log = logging.getLogger("rounds.worker")


class Cancelled(Exception):
    """The end of this job was wished."""


@dataclass
class Attempt:
    """One attempt at a job: what every write of progress must name."""

    db: Database
    settings: Settings
    job: jobs.JobView
    device: str
    beaten: float = field(default=0.0)

    def beat(self, progress: dict[str, Any], *, also: Callable[[Any], None] | None = None, due: bool = False) -> None:
        """Say how far it is, at most twice a second unless `due`; `also` writes in the same transaction.

        Raises:
            Cancelled: somebody wished the end.
            FencedOff: the job belongs to another attempt.
            CatalogueUnusable: it could not be written for a long time.
        """
        now = time.monotonic()
        if not due and also is None and now - self.beaten < BEAT_EVERY_S:
            return
        self.beaten = now
        if self.patiently(lambda: self._write(progress, also)):
            raise Cancelled

    def patiently(self, do: Callable[[], T]) -> T:
        """Do it once the catalogue can be used; meanwhile the job's page says why it waits."""
        return patiently(do, note=note_of(self.settings, self.job.id))

    def _write(self, progress: dict[str, Any], also: Callable[[Any], None] | None) -> bool:
        with self.db.transaction() as session:
            wished = jobs.beat(session, self.job.id, self.job.attempt, progress=progress)
            if also is not None:
                also(session)
            return wished


def work(db: Database, settings: Settings, job_id: int, *, attempt: int, device: str) -> JobState:
    """Do the job to its end, whatever that is, and say so in its row."""
    job = patiently(lambda: jobs.get(db, job_id))
    if job.attempt != attempt or job.state is not JobState.RUNNING:
        log.warning("job %s is no longer attempt %s's", job_id, attempt)
        return job.state
    mine = Attempt(db, settings, job, device)
    try:
        note_of(settings, job_id).unlink(missing_ok=True)  # of an attempt that was killed while it waited
        mine.patiently(lambda: _sign(mine))
        ending = _do(mine)
        mine.patiently(lambda: jobs.finish(db, job_id, attempt, **ending))
    except FencedOff:
        log.warning("job %s was taken over; leaving", job_id)
        return jobs.get(db, job_id).state
    state: JobState = ending["state"]
    return state


def _do(mine: Attempt) -> dict[str, Any]:
    """The keywords of `jobs.finish`."""
    try:
        return {"state": JobState.SUCCEEDED, "result": KINDS[mine.job.kind](mine)}
    except Cancelled:
        return {"state": JobState.CANCELLED, "error": "Cancelled on request; resume goes on from what was kept."}
    except UserError as error:
        return {"state": JobState.FAILED, "error": str(error)}
    except FencedOff:
        raise
    except OSError as error:
        log.exception("job %s failed", mine.job.id)
        return {"state": JobState.FAILED, "error": refusal(error)}
    except Exception as error:
        log.exception("job %s failed", mine.job.id)
        said = f"{type(error).__name__} in {mine.job.kind} job {mine.job.id}; the details are in {_log(mine).name}"
        return {"state": JobState.FAILED, "error": f"This should not have happened: {said}."}


def _sign(mine: Attempt) -> None:
    import psutil

    with mine.db.transaction() as session:
        started = psutil.Process().create_time()
        jobs.beat(session, mine.job.id, mine.job.attempt, pid=os.getpid(), pid_started_at=started)


def _log(mine: Attempt) -> Path:
    return mine.settings.folder("jobs") / "launch.log"


def _import(mine: Attempt) -> dict[str, Any]:
    request = importing.asked(mine.settings, mine.job)
    report: importing.ImportReport | None = None
    with closing(_reports(mine, request)) as reports:
        for report in reports:
            # Numbers alone: until the last file is read, nobody knows whose name a file's name holds.
            mine.beat({"found": report.found, "done": report.done, "images": report.images})
    if not request.dry_run:
        importing.forget(mine.settings, mine.job)
    return report.to_json() if report else {}


def _reports(mine: Attempt, request: importing.ImportRequest) -> Generator[importing.ImportReport, None, None]:
    by = mine.job.request["by"]
    yield from importing.run(mine.db, mine.settings, request, by=by, scrub=True, writing=mine.patiently)


def _train(mine: Attempt) -> dict[str, Any]:
    from core.training.loop import fit

    run = runs.get(mine.db, mine.job.request["run"])
    folder = runs.folder(mine.settings, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("a", encoding="utf-8") as words:
        _verify(mine, run.snapshot_id, words.write)
        going = fit(
            replace(run.spec, device=_device(run.spec.device, mine.device)),
            examples.every(mine.db, mine.settings, run.snapshot_id, also=run.also),
            heads=examples.heads(mine.db, run.snapshot_id, run.also),
            folder=folder,
            cache=mine.settings.folder("cache"),
            start=starting.source(mine.settings, run.spec),
            facts={"snapshot": snapshotting.get(mine.db, run.snapshot_id).hash, "run": str(run.id)},
        )
        keeper = Keeper(mine, run.id, words, {"epochs": run.spec.epochs})
        with closing(going):  # type: ignore[type-var]
            for event in going:
                keeper.hear(event)
    return keeper.result


@dataclass
class Keeper:
    """Puts the events of a training where they stay: words into the log, numbers into rows.

    An epoch's numbers and files become rows together: a cancel, or a kill, between them would leave weights in the
    run's folder that no row names.
    """

    mine: Attempt
    run_id: int
    words: TextIO
    progress: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)
    saved: list["events.CheckpointSaved"] = field(default_factory=list)

    def hear(self, event: "events.Event") -> None:
        """Keep one event; raises what `Attempt.beat` does."""
        from core.training import events

        match event:
            case events.Log(text=text):
                self._say(text)
            case events.Step():
                self.progress |= {"epoch": event.epoch, "step": event.step, "steps": event.steps, "loss": event.loss}
                self.mine.beat(self.progress)
            case events.EpochDone():
                self._say(_line(event))
                self.progress |= {"epoch": event.epoch, "done": event.epoch, "metrics": dict(event.metrics)}
                self._keep(lambda session: self._keep_epoch(session, event))
                self.saved = []
            case events.CheckpointSaved():
                self.saved.append(event)
            case events.Finished():
                self.result = asdict(event)
                self._keep(lambda session: training.keep_result(session, self.run_id, self.result))

    def _say(self, text: str) -> None:
        self.words.write(text + "\n")
        self.words.flush()

    def _keep(self, write: Callable[[Any], None]) -> None:
        self.mine.beat(self.progress, also=write)

    def _keep_epoch(self, session: Any, done: "events.EpochDone") -> None:
        training.keep_epoch(session, self.run_id, done.epoch, done.metrics)
        for one in self.saved:
            training.keep_checkpoint(session, self.run_id, one.kind, one.epoch, one.sha256)


def _verify(mine: Attempt, snapshot_id: int, say: Callable[[str], Any]) -> None:
    """Header damage can change pixels without an exception; sha256 finds it before a model learns from it."""
    store = Store(mine.settings.home)
    hashes = examples.originals(mine.db, snapshot_id)
    for number, sha256 in enumerate(hashes, start=1):
        if harm := _harm(store, sha256):
            image = images.of_file(mine.db, sha256)
            raise NotTrainable(
                f"The original of image {image.id} ('{image.name}', sha256 {sha256[:12]}) {harm}; import the file as "
                "it was again and resume, or exclude the image and freeze again."
            )
        mine.beat({"verified": number, "originals": len(hashes)})
    say(f"{len(hashes)} originals verified by sha256.\n")


def _harm(store: Store, sha256: str) -> str:
    """What is wrong with an original, '' where nothing is."""
    try:
        return "" if store.verify(sha256) else "changed since it was imported"
    except NotFound:
        return "is gone"


def _device(wanted: str, slot: str) -> str:
    return slot if wanted == "auto" else wanted


def _line(event: Any) -> str:
    numbers = "  ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
    return f"epoch {event.epoch}/{event.epochs}  {numbers}{'  best so far' if event.is_best else ''}"


def _predict(mine: Attempt) -> dict[str, Any]:
    from core.inference import scores

    run = runs.get(mine.db, mine.job.request["run"])
    split = mine.job.request["split"]
    wanted = examples.every(mine.db, mine.settings, run.snapshot_id, split=None if split == "all" else split)
    if not wanted:
        raise NotTrainable(f"Snapshot '{run.snapshot}' has no image in its {split} split; choose another split.")
    model, checkpoint = _model(mine, run.id)
    found = scores(model, wanted, cache=mine.settings.folder("cache"))
    done = 0
    while batch := list(islice(found, PREDICTIONS_AT_ONCE)):
        done += len(batch)
        rows = [(int(key), predicting.told_apart(model.manifest.heads, numbers)) for key, numbers in batch]
        mine.beat({"done": done, "images": len(wanted)}, also=_keep_predictions(run.id, rows, checkpoint))
    return {"images": done, "split": split}


def _model(mine: Attempt, run_id: int) -> "tuple[LoadedModel, str]":
    """The best weights and their sha256. A training killed while it saved may have left others than it told of."""
    from core.inference import load
    from core.training.cache import sha256_of

    checkpoint, folder = predicting.checkpoint(mine.db, run_id), runs.folder(mine.settings, run_id)
    model = load(folder)
    if sha256_of(folder / "best.safetensors") != checkpoint:
        raise UserError(
            f"The file best.safetensors of run {run_id} is not what its training told of (killed while it saved, or "
            "changed since); resume that training, or take the file from a backup."
        )
    return model, checkpoint


def _keep_predictions(run_id: int, rows: list[tuple[int, predicting.Said]], checkpoint: str) -> Callable[[Any], None]:
    return lambda session: predicting.replace(session, run_id, rows, checkpoint=checkpoint)


def _examine(mine: Attempt) -> dict[str, Any]:
    asked = mine.job.request
    run, what = runs.get(mine.db, asked["run"]), asked["what"]

    def tell(done: int, of: int, doing: str) -> None:
        mine.beat({"done": done, "of": of, "doing": doing})

    work = examining.Work(
        mine.db,
        mine.settings,
        run,
        predicting.checkpoint(mine.db, run.id),
        asked["asked"],
        mine.device,
        lambda: _model(mine, run.id)[0],
        tell,
    )
    found = examining.EXAMINATIONS[what].do(work)
    kept: list[int] = []
    mine.beat(
        {"done": 1, "of": 1, "doing": "Done"},
        also=lambda session: kept.append(examining.keep(session, work, what, found, by=asked["by"])),
    )
    return {"what": what, "examination": kept[-1]}


KINDS: dict[JobKind, Callable[[Attempt], dict[str, Any]]] = {
    JobKind.IMPORT: _import,
    JobKind.TRAIN: _train,
    JobKind.PREDICT: _predict,
    JobKind.EXAMINE: _examine,
}
