"""Every command of `rounds` that needs no screen: the same services without a browser."""

import getpass
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core import output
from core.arguments import Arguments, parser
from core.errors import InvalidInput, UserError, refusal
from core.launching.local import LocalLauncher
from core.output import Output
from core.settings import Settings

if TYPE_CHECKING:
    from core.training.spec import TrainSpec


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)

    def command() -> Output | None:
        arguments = parser().parse_args(argv)
        return COMMANDS[arguments.command](arguments)

    return run(argv, command)


def run(argv: list[str], command: Callable[[], Output | None]) -> int:
    """Do it and show what it says; what fails is one sentence on standard error, and in JSON where asked."""
    as_json = "--json" in argv
    try:
        said = command()
    except UserError as error:
        return output.fail(str(error), as_json)
    except OSError as error:
        if os.environ.get("ROUNDS_DEBUG"):
            raise
        return output.fail(refusal(error), as_json)
    except KeyboardInterrupt:
        print("Stopped; what was done so far is kept.", file=sys.stderr)
        return 130
    except Exception as error:
        if os.environ.get("ROUNDS_DEBUG"):
            raise
        return output.fail(f"This should not have happened ({type(error).__name__}: {error}); "
                           "ROUNDS_DEBUG=1 shows the details.", as_json)  # fmt: skip
    return output.show(said, as_json) if said is not None else 0


def _settings(arguments: Arguments) -> Settings:
    return Settings.read(getattr(arguments, "home", None))


def _open(arguments: Arguments) -> tuple[Any, Settings, LocalLauncher]:
    from core.services import jobs, workspace

    settings = _settings(arguments)
    db, launcher = workspace.open_home(settings), LocalLauncher(settings)
    jobs.look(db, launcher)
    return db, settings, launcher


def reader_name() -> str:
    """Who acts on this command line: ROUNDS_READER, else the account's name."""
    try:
        return os.environ.get("ROUNDS_READER") or getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _import(arguments: Arguments) -> Output:
    from core.services import importing

    db, settings, _ = _open(arguments)
    request = importing.ImportRequest(
        path=arguments.path, metadata=arguments.metadata, file_column=arguments.file_column,
        patient_column=arguments.patient_column, task=arguments.task, label_column=arguments.label_column,
        reference=arguments.reference, dry_run=arguments.dry_run,
    )  # fmt: skip
    report = None
    for report in importing.run(db, settings, request, by=reader_name()):
        output.progress(f"{report.done}/{report.found} files", end=report.finished)
    assert report is not None
    said = report.to_json()
    if not report.imported and not report.known:
        said["error"] = (
            f"None of the {report.found} files in {arguments.path} is an image Rounds can read; each has its reason."
        )
    return said


def _task(arguments: Arguments) -> Output:
    from core.services import labeling, tasks
    from db.vocabulary import Flips, TaskKind, Unit

    db, _, _ = _open(arguments)
    made = tasks.create(
        db, name=arguments.name, classes=arguments.classes.split(","), question=arguments.question,
        unit=Unit(arguments.unit), kind=TaskKind(arguments.kind), measure=arguments.measure, low=arguments.low,
        high=arguments.high, flips=Flips(arguments.flips),
    )  # fmt: skip
    return {"task": made.id, "name": made.name, "kind": made.kind, "unit": made.unit, "measure": made.measure,
            "low": made.low, "high": made.high, "flips": made.flips, "classes": [one.name for one in made.classes],
            "cases": labeling.progress(db, made.id).total}  # fmt: skip


def _label(arguments: Arguments) -> Output:
    from core.services import label_files

    db, settings, _ = _open(arguments)
    return asdict(label_files.take(db, settings, task=arguments.task, path=arguments.csv, by=reader_name()))


def _labels(arguments: Arguments) -> Output:
    from core.services import label_export, tasks

    db, _, _ = _open(arguments)
    count = label_export.write(db, tasks.named(db, arguments.task).id, arguments.out)
    return {"file": str(arguments.out), "lines": count}


def _snapshot(arguments: Arguments) -> Output:
    from core.curation.recipe import Recipe
    from core.services import snapshotting, tasks

    db, _, _ = _open(arguments)
    recipe = Recipe(
        val=arguments.val, test=arguments.test, split_fact=arguments.split_column,
        stratify=tuple(name for name in arguments.stratify.split(",") if name), balance=arguments.balance,
        seed=arguments.seed,
    )  # fmt: skip
    task = tasks.named(db, arguments.task)
    made = snapshotting.freeze(db, task.id, recipe, name=arguments.name, by=reader_name())
    return snapshotting.as_json(made)


def _train(arguments: Arguments) -> Output:
    from core.services import jobs, runs, snapshotting, training

    db, _, launcher = _open(arguments)
    spec = _spec(arguments)
    snapshot, *also = (snapshotting.named(db, name).id for name in (arguments.snapshot, *arguments.also))
    made = training.submit(
        db, snapshot_id=snapshot, spec=spec, by=reader_name(), key=uuid.uuid4().hex, launcher=launcher, also=also
    )
    if arguments.wait:
        _wait(db, launcher, made.job)
    job, run = jobs.get(db, made.job), runs.get(db, made.run)
    said = {"epochs": spec.epochs, "device": None, "images_per_second": None, "data_wait_share": None, **run.result}
    return {"run": run.id, "job": job.id, "state": job.state, "model": spec.model, **said}


def _measure(arguments: Arguments) -> Output:
    from core.services import measuring, snapshotting

    db, settings, _ = _open(arguments)
    snapshot, *also = (snapshotting.named(db, name).id for name in (arguments.snapshot, *arguments.also))
    if arguments.pictures:
        os.nice(10)  # what is being measured beside it comes first
    return measuring.measure(db, settings, snapshot, _spec(arguments), also, pictures=arguments.pictures)


def _spec(arguments: Arguments) -> "TrainSpec":
    from core.training.spec import PRESETS, TrainSpec

    if arguments.preset and arguments.preset not in PRESETS:
        raise InvalidInput(f"There is no preset '{arguments.preset}'; choose one of {', '.join(PRESETS)}.")
    preset = dict(PRESETS[arguments.preset]) if arguments.preset else {}
    return TrainSpec(**{**preset, "model": arguments.model}).with_settings(_pairs(arguments.knobs))


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"'{text}' is not a setting; write --set NAME=VALUE, such as --set epochs=5.")
        pairs[name.strip()] = value.strip()
    return pairs


def _wait(db: Any, launcher: LocalLauncher, job_id: int) -> None:
    """Until the job has ended.

    Raises:
        UserError: it did not succeed, with its own sentence.
    """
    from core.services import jobs

    job = jobs.get(db, job_id)
    while not job.state.is_finished:
        told = job.progress
        said = f", epoch {told['epoch']}/{told['epochs']}" if "epoch" in told else ""
        said = f", {told['doing']} {told['done']}/{told['of']}" if "doing" in told else said
        output.progress(f"job {job_id} {job.state}{said}")
        time.sleep(0.5)
        jobs.look(db, launcher)
        job = jobs.get(db, job_id)
    output.progress("", end=True)
    if job.state != "succeeded":
        raise UserError(job.error or f"Job {job_id} ended as {job.state}.")


def _jobs(arguments: Arguments) -> Output:
    from core.services import jobs

    db, _, launcher = _open(arguments)
    if arguments.verb and arguments.id is None:
        raise InvalidInput(f"`rounds jobs {arguments.verb}` needs the job's number; `rounds jobs` lists them.")
    if arguments.verb == "cancel":
        jobs.cancel(db, arguments.id)
    elif arguments.verb == "resume":
        jobs.requeue(db, arguments.id)
        launcher.wake()
    return [
        {"job": job.id, "run": job.run_id, "kind": job.kind, "state": job.state, "attempt": job.attempt,
         "error": job.error, "progress": job.progress}
        for job in jobs.every(db)
    ]  # fmt: skip


def _runs(arguments: Arguments) -> Output:
    from core.services import runs

    db, _, _ = _open(arguments)
    if arguments.id is None:
        return [_run(run) for run in runs.every(db)]
    run = runs.get(db, arguments.id)
    if run.outside is not None:
        return {**_run(run), "outside": run.outside}
    return {**_run(run), "spec": run.spec.to_json(), "curves": runs.curves(db, run.id)}


def _run(run: Any) -> dict[str, Any]:
    job = {"job": run.job.id, "state": run.job.state, "error": run.job.error} if run.job else {}
    model = run.spec.model if run.outside is None else run.model
    return {"run": run.id, "snapshot": run.snapshot, "task": run.task, "model": model,
            "best_epoch": run.best_epoch, "predicted": run.predicted, **job, **run.result}  # fmt: skip


def _predict(arguments: Arguments) -> Output:
    from core.services import jobs, predicting

    db, _, launcher = _open(arguments)
    made = predicting.submit(
        db, run_id=arguments.run, split=arguments.split, by=reader_name(), key=uuid.uuid4().hex, launcher=launcher
    )
    if arguments.wait:
        _wait(db, launcher, made.job)
    job = jobs.get(db, made.job)
    return {"run": arguments.run, "job": job.id, "state": job.state, "split": arguments.split, **job.result}


def _examine(arguments: Arguments) -> Output:
    from core.services import examining, jobs

    db, _, launcher = _open(arguments)
    made = examining.submit(
        db, launcher, run_id=arguments.run, what=arguments.what, asked=_pairs(arguments.asked), by=reader_name(),
        key=uuid.uuid4().hex,
    )  # fmt: skip
    if arguments.wait:
        _wait(db, launcher, made.job)
    job, found = jobs.get(db, made.job), examining.newest(db, arguments.run, arguments.what)
    said = found.result if found is not None and job.state == "succeeded" else {}
    return {"run": arguments.run, "job": job.id, "what": arguments.what, "state": job.state, **said}


def _operate(arguments: Arguments) -> Output:
    from core.services import operating, runs

    db, _, _ = _open(arguments)
    run = runs.get(db, arguments.run)
    finding = runs.finding_named(run, arguments.finding)
    rule = next(({"kind": kind, "at_least": least} for kind in ("sensitivity", "specificity")
                 if (least := getattr(arguments, kind)) is not None), None)  # fmt: skip
    if arguments.threshold is None and rule is None:
        if arguments.level or arguments.rule or arguments.calibrate or arguments.positive:
            raise InvalidInput("To choose an operating point give one of --threshold, --sensitivity or --specificity.")
        point = operating.standing(db, run.id, finding or 0)
    else:
        point = operating.choose(
            db, run.id, by=reader_name(), finding=finding or 0, threshold=arguments.threshold, rule=rule,
            positive=runs.class_named(run, arguments.positive), calibrator=arguments.calibrate or None,
            level=arguments.level or ("patient" if arguments.rule else "image"), patient_rule=arguments.rule,
        )  # fmt: skip
    return {"run": run.id, **point.to_json(), "looks_at_test": operating.looks(db, run.id)}


def _evaluate(arguments: Arguments) -> Output:
    from core.services import evaluating

    db, _, _ = _open(arguments)
    found = evaluating.as_json(
        db, arguments.run, split=arguments.split, level=arguments.level, rule=arguments.rule,
        prevalence=arguments.prevalence,
    )  # fmt: skip
    return {"run": arguments.run, "split": arguments.split, **_looked(db, arguments.split, arguments.run), **found}


def _looked(db: Any, split: str, *run_ids: int, finding: int | None = None) -> dict[str, int]:
    """Whoever sees figures of the test split is counted: of findings at the point of each, or of one alone."""
    from core.services import operating, runs

    if split not in ("test", "all"):
        return {}
    reader, counts = reader_name(), []
    for run in (runs.get(db, one) for one in run_ids):
        places = range(len(run.classes) if run.kind == "multi" else 1) if finding is None else [finding]
        counts += [operating.look(db, run.id, reader, place) for place in places]
    return {"looks_at_test": max(counts)}


def _compare(arguments: Arguments) -> Output:
    from core.services import comparing, runs

    db, _, _ = _open(arguments)
    if len(arguments.runs) != 2:
        raise InvalidInput("Two runs are compared; name both: --run A --run B.")
    run = runs.get(db, arguments.runs[0])
    found = comparing.compare(
        db, *arguments.runs, split=arguments.split, finding=runs.finding_named(run, arguments.finding),
        positive=runs.class_named(run, arguments.positive),
    )  # fmt: skip
    looked: dict[str, int] = {}
    for point in found.points:
        looked |= {f"{name}_of_{point.run_id}": count for name, count in
                   _looked(db, arguments.split, point.run_id, finding=point.finding).items()}  # fmt: skip
    return {**found.to_json(), **looked}


def _subgroups(arguments: Arguments) -> Output:
    from core.services import groups, runs

    db, _, _ = _open(arguments)
    run = runs.get(db, arguments.run)
    found = groups.of(
        db, run.id, split=arguments.split, finding=runs.finding_named(run, arguments.finding),
        figure=arguments.figure, pairs=not arguments.no_pairs,
        only=tuple(name.strip() for name in arguments.by.split(",") if name.strip()),
    )  # fmt: skip
    looked = _looked(db, arguments.split, run.id, finding=found.point.finding)
    return {"run": run.id, "split": arguments.split, **found.to_json(), **looked}


def _predictions(arguments: Arguments) -> Output:
    from core.services import outside, predictions_csv, runs, snapshotting

    db, settings, _ = _open(arguments)
    if arguments.verb == "export":
        count = predictions_csv.write(db, arguments.run, arguments.split, arguments.out)
        return {"file": str(arguments.out), "lines": count, **_looked(db, arguments.split, arguments.run)}
    snapshot = snapshotting.named(db, arguments.snapshot).id
    made = outside.take(
        db, settings, snapshot=snapshot, name=arguments.name, csv=arguments.file, by=reader_name()
    )  # fmt: skip
    told = runs.get(db, made).outside or {}
    return {"run": made, "words": outside.words(told), **told}


def _explain(arguments: Arguments) -> Output:
    from core.services import explaining, images, overlays, runs

    db, settings, _ = _open(arguments)
    image = images.find(db, arguments.image)
    run = runs.get(db, arguments.run)
    names = {**{name: at for at, name in enumerate(run.titles)}, **{name: at for at, name in enumerate(run.classes)}}
    if arguments.class_name and arguments.class_name not in names:
        raise InvalidInput(
            f"Run {run.id} has no class '{arguments.class_name}'; its classes are: {', '.join(run.titles)}."
        )
    found = explaining.explain(
        db, settings, run_id=run.id, image_id=image.id, method=arguments.method,
        class_index=names.get(arguments.class_name), layer=arguments.layer,
    )  # fmt: skip
    overlays.save(settings, image, found.path, arguments.out)
    return {"file": str(arguments.out), "method": found.method, "layer": found.layer, "image": image.id,
            "class": (run.classes or (run.task,))[found.class_index], "probability": found.probability}  # fmt: skip


def _drawings(arguments: Arguments) -> Output:
    from core.services import drawing_files, drawing_intake

    db, settings, _ = _open(arguments)
    if arguments.verb == "import":
        return asdict(drawing_intake.take(db, settings, task=arguments.task, path=arguments.file, by=reader_name()))
    return asdict(drawing_files.export(
        db, settings, task=arguments.task, format=arguments.format, out=arguments.out, pseudonyms=arguments.pseudonyms
    ))  # fmt: skip


def _backup(arguments: Arguments) -> Output:
    from core.services import backup
    from db import Database

    settings = _settings(arguments)
    file = Database(settings.database_url).file
    if file is not None and not file.exists():
        raise InvalidInput(f"There is no catalogue {file} to back up; name its home with --home DIR.")
    db, settings, _ = _open(arguments)
    with _whole_or_nothing():
        return asdict(backup.make(db, settings, arguments.file, tell=output.counted("files backed up")))


def _restore(arguments: Arguments) -> Output:
    from core.services import restoring

    with _whole_or_nothing():
        return asdict(restoring.restore(_settings(arguments), arguments.file, tell=output.counted("files restored")))


@contextmanager
def _whole_or_nothing() -> Iterator[None]:
    """Stopped by a person, or by a machine that goes down, it cleans up and says so."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise UserError("Stopped: nothing of it was kept; run it again.") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _doctor(arguments: Arguments) -> Output:
    from core.services import checkup

    settings = _settings(arguments)
    checks = checkup.examine(settings, LocalLauncher(settings))
    return {"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]}


def _dispatch(arguments: Arguments) -> None:
    from core import dispatcher
    from core.services import workspace
    from core.services.patience import patiently

    settings = _settings(arguments)
    db = patiently(lambda: workspace.open_home(settings))
    dispatcher.run(db, settings, LocalLauncher(settings), lock=arguments.lock)


def _work(arguments: Arguments) -> None:
    from core import worker
    from core.services import workspace
    from core.services.patience import patiently

    settings = _settings(arguments)
    db = patiently(lambda: workspace.open_home(settings))
    worker.work(db, settings, arguments.id, attempt=arguments.attempt, device=arguments.device)


def _screen(_arguments: Arguments) -> None:
    raise InvalidInput("The dashboard is started by `rounds serve` or `rounds demo`, not by `python -m core`.")


COMMANDS: dict[str, Callable[[Arguments], Output | None]] = {
    "serve": _screen, "demo": _screen, "import": _import, "task": _task, "label": _label, "labels": _labels,
    "snapshot": _snapshot,
    "train": _train, "measure": _measure, "jobs": _jobs, "runs": _runs, "predict": _predict,
    "examine": _examine, "evaluate": _evaluate, "operate": _operate,
    "compare": _compare, "subgroups": _subgroups, "predictions": _predictions,
    "explain": _explain,
    "drawings": _drawings, "backup": _backup, "restore": _restore, "doctor": _doctor, "dispatch": _dispatch,
    "work": _work,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
