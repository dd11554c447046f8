"""Handle each kind of job, from its request to its result."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

from core.errors import InvalidInput, NotFound, NotTrainable, UserError
from core.imaging.identity.sentences import hide_in_sentence
from core.imaging.store import Store
from core.lazy_modules import LazyModule
from core.services.analysis import registry
from core.services.datasets import snapshots, training_examples
from core.services.images import images
from core.services.imports import import_files, import_report, import_request, readable_notes
from core.services.predictions import predictions
from core.services.training import initial_weights, runs, submit
from core.training import events
from core.training.pixel_cache import file_sha256
from core.worker.attempt import Attempt
from db.vocabulary import JobKind

if TYPE_CHECKING:
    from core import inference
    from core.inference import LoadedModel
    from core.training import loop
else:
    inference = LazyModule("core.inference")
    loop = LazyModule("core.training.loop")


PREDICTIONS_AT_ONCE = 256


def _import(attempt: Attempt) -> dict[str, Any]:
    request = import_request.load_request(attempt.settings, attempt.job)
    report: import_report.ImportReport | None = None
    try:
        with closing(_reports(attempt, request)) as reports:
            for report in reports:
                # Counts only: file names may contain patient names that are unknown until the last file is read.
                attempt.report({"found": report.files_found, "done": report.done, "images": report.images})
    except InvalidInput as error:
        readable_notes.write_readable(attempt.settings, attempt.job, str(error))
        raise InvalidInput(hide_in_sentence(str(error), [request.path, request.metadata])) from None
    if not request.dry_run:
        import_request.discard_inbox(attempt.settings, attempt.job)
    return report.to_json() if report else {}


def _reports(
    attempt: Attempt, request: import_request.ImportRequest
) -> Generator[import_report.ImportReport, None, None]:
    for_preview = partial(readable_notes.write_readable, attempt.settings, attempt.job)
    yield from import_files.run(
        attempt.db,
        attempt.settings,
        request,
        by=attempt.job.request["by"],
        scrub=True,
        readable=for_preview if request.dry_run else None,
        writing=attempt.with_retry,
        key=attempt.job.request["note"],
        job_id=attempt.job.id,
    )


def _train(attempt: Attempt) -> dict[str, Any]:
    run = runs.get(attempt.db, attempt.job.request["run"])
    folder = runs.folder(attempt.settings, run.id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        _verify(attempt, run.snapshot_id, log.write)
        stream = loop.fit(
            replace(run.spec, device=_device(run.spec.device, attempt.device)),
            training_examples.examples_of(attempt.db, attempt.settings, run.snapshot_id, also=run.extra_snapshots),
            heads=training_examples.heads_of(attempt.db, run.snapshot_id, run.extra_snapshots),
            folder=folder,
            cache=attempt.settings.folder("cache"),
            start=initial_weights.weights_path(attempt.settings, run.spec),
            facts={"snapshot": snapshots.get_snapshot(attempt.db, run.snapshot_id).hash, "run": str(run.id)},
        )
        recorder = TrainingRecorder(attempt, run.id, log, {"epochs": run.spec.epochs})
        with closing(stream):  # type: ignore[type-var]
            for event in stream:
                recorder.record(event)
    return recorder.result


@dataclass
class TrainingRecorder:
    """The recorder of training events: text goes to the log, metrics and checkpoints to the catalogue.

    Metrics and checkpoints of an epoch are written in one transaction, so that a cancel or kill in between does not
    leave weights without a row.
    """

    attempt: Attempt
    run_id: int
    log: TextIO
    progress: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)
    saved: list["events.CheckpointSaved"] = field(default_factory=list)

    def record(self, event: "events.Event") -> None:
        """Record one event; raises what `Attempt.report` does."""
        match event:
            case events.Log(text=text):
                self._write_log(text)
            case events.WindowChosen():
                self._report(lambda session: submit.record_window(session, self.run_id, event.center, event.width))
            case events.Step():
                self.progress |= {"epoch": event.epoch, "step": event.step, "steps": event.steps, "loss": event.loss}
                self.attempt.report(self.progress)
            case events.EpochDone():
                self._write_log(_epoch_log_line(event))
                self.progress |= {"epoch": event.epoch, "done": event.epoch, "metrics": dict(event.metrics)}
                self._report(lambda session: self._write_epoch(session, event))
                self.saved = []
            case events.CheckpointSaved():
                self.saved.append(event)
            case events.Finished():
                self.result = asdict(event)
                self._report(lambda session: submit.record_result(session, self.run_id, self.result))

    def _write_log(self, text: str) -> None:
        self.log.write(text + "\n")
        self.log.flush()

    def _report(self, write: Callable[[Any], None]) -> None:
        self.attempt.report(self.progress, also=write)

    def _write_epoch(self, session: Any, done: "events.EpochDone") -> None:
        submit.record_epoch(session, self.run_id, done.epoch, done.metrics)
        for saved in self.saved:
            submit.record_checkpoint(session, self.run_id, saved.kind, saved.epoch, saved.sha256)


def _verify(attempt: Attempt, snapshot_id: int, say: Callable[[str], Any]) -> None:
    """Verify originals by SHA-256 before training: a damaged header can change pixels without an exception."""
    store = Store(attempt.settings.home)
    hashes = training_examples.source_hashes(attempt.db, snapshot_id)
    for number, sha256 in enumerate(hashes, start=1):
        if problem := _integrity_problem(store, sha256):
            image = images.of_file(attempt.db, sha256)
            raise NotTrainable(
                f"The original of image {image.id} ('{image.name}', sha256 {sha256[:12]}) {problem}; "
                "import the original file again and resume, or exclude the image and freeze a new snapshot."
            )
        attempt.report({"verified": number, "originals": len(hashes)})
    say(f"{len(hashes)} originals verified by sha256.\n")


def _integrity_problem(store: Store, sha256: str) -> str:
    """Return what is wrong with an original, '' if it is intact."""
    try:
        return "" if store.verify(sha256) else "has changed since it was imported"
    except NotFound:
        return "is missing"


def _device(requested: str, slot: str) -> str:
    return slot if requested == "auto" else requested


def _epoch_log_line(event: Any) -> str:
    numbers = "  ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
    return f"epoch {event.epoch}/{event.epochs}  {numbers}{'  best so far' if event.is_best else ''}"


def _predict(attempt: Attempt) -> dict[str, Any]:
    run = runs.get(attempt.db, attempt.job.request["run"])
    split = attempt.job.request["split"]
    cases = training_examples.examples_of(
        attempt.db, attempt.settings, run.snapshot_id, split=None if split == "all" else split
    )
    if not cases:
        raise NotTrainable(f"Snapshot '{run.snapshot}' has no image in its {split} split; choose another split.")
    model, checkpoint = _model(attempt, run.id)
    scored = inference.predict(model, cases, cache=attempt.settings.folder("cache"))
    done = 0
    while batch := list(islice(scored, PREDICTIONS_AT_ONCE)):
        done += len(batch)
        rows = [(int(key), predictions.split_heads(model.manifest.heads, numbers)) for key, numbers in batch]
        attempt.report({"done": done, "images": len(cases)}, also=_prediction_writer(run.id, rows, checkpoint))
    return {"images": done, "split": split}


def _model(attempt: Attempt, run_id: int) -> "tuple[LoadedModel, str]":
    """Return the best weights and their SHA-256, checked against the catalogue: a kill while saving may break both."""
    checkpoint, folder = predictions.checkpoint(attempt.db, run_id), runs.folder(attempt.settings, run_id)
    model = inference.load(folder)
    if file_sha256(folder / "best.safetensors") != checkpoint:
        raise UserError(
            f"The file best.safetensors of run {run_id} does not match the checkpoint recorded by its training (killed "
            "while saving, or changed since); resume the training or restore the file from a backup."
        )
    return model, checkpoint


def _prediction_writer(
    run_id: int, rows: list[tuple[int, predictions.CaseOutput]], checkpoint: str
) -> Callable[[Any], None]:
    return lambda session: predictions.write_predictions(session, run_id, rows, checkpoint=checkpoint)


def _analyze(attempt: Attempt) -> dict[str, Any]:
    request = attempt.job.request
    run, what = runs.get(attempt.db, request["run"]), request["what"]

    def progress(done: int, total: int, step: str) -> None:
        attempt.report({"done": done, "of": total, "doing": step})

    work = registry.AnalysisContext(
        attempt.db,
        attempt.settings,
        run,
        predictions.checkpoint(attempt.db, run.id),
        request["asked"],
        attempt.device,
        lambda: _model(attempt, run.id)[0],
        progress,
    )
    result = registry.ANALYSES[what].run(work)
    ids: list[int] = []
    attempt.report(
        {"done": 1, "of": 1, "doing": "Done"},
        also=lambda session: ids.append(registry.save_result(session, work, what, result, by=request["by"])),
    )
    return {"what": what, "examination": ids[-1]}


HANDLERS: dict[JobKind, Callable[[Attempt], dict[str, Any]]] = {
    JobKind.IMPORT: _import,
    JobKind.TRAIN: _train,
    JobKind.PREDICT: _predict,
    JobKind.ANALYZE: _analyze,
}
