"""Commands that queue work on models, and those that list it."""

import os
import uuid
from typing import TYPE_CHECKING, Any

from core.cli import context
from core.cli.output import Output
from core.cli.parser import Arguments
from core.errors import InvalidInput
from core.settings import default_reader

if TYPE_CHECKING:
    from core.training.spec import TrainSpec


def train(arguments: Arguments) -> Output:
    from core.jobs import job_queue
    from core.services.datasets import snapshots
    from core.services.training import runs, submit

    db, _, launcher = context.open_workspace(arguments)
    spec = _spec(arguments)
    snapshot, *also = (snapshots.snapshot_named(db, name).id for name in (arguments.snapshot, *arguments.also))
    made = submit.submit(
        db, snapshot_id=snapshot, spec=spec, by=default_reader(), key=uuid.uuid4().hex, launcher=launcher, also=also
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, made.job)
    job, run = job_queue.get(db, made.job), runs.get(db, made.run)
    said = {"epochs": spec.epochs, "device": None, "images_per_second": None, "data_wait_share": None, **run.result}
    return {"run": run.id, "job": job.id, "state": job.state, "model": spec.model, **said}


def measure(arguments: Arguments) -> Output:
    from core.services.datasets import snapshots
    from core.services.training import resource_estimate

    db, settings, _ = context.open_workspace(arguments)
    snapshot, *also = (snapshots.snapshot_named(db, name).id for name in (arguments.snapshot, *arguments.also))
    if arguments.pictures:
        os.nice(10)  # what is being measured beside it comes first
    return resource_estimate.measure(db, settings, snapshot, _spec(arguments), also, pictures=arguments.pictures)


def _spec(arguments: Arguments) -> "TrainSpec":
    from core.training.spec import PRESETS, TrainSpec

    if arguments.preset and arguments.preset not in PRESETS:
        raise InvalidInput(f"There is no preset '{arguments.preset}'; choose one of {', '.join(PRESETS)}.")
    preset = dict(PRESETS[arguments.preset]) if arguments.preset else {}
    return TrainSpec(**{**preset, "model": arguments.model}).with_settings(context.parse_settings(arguments.knobs))


def list_jobs(arguments: Arguments) -> Output:
    from core.jobs import job_queue

    db, _, launcher = context.open_workspace(arguments)
    if arguments.verb and arguments.id is None:
        raise InvalidInput(f"`rounds jobs {arguments.verb}` needs the job's number; `rounds jobs` lists them.")
    if arguments.verb == "cancel":
        job_queue.cancel(db, arguments.id)
    elif arguments.verb == "resume":
        job_queue.requeue(db, arguments.id)
        launcher.wake()
    return [
        {
            "job": job.id,
            "run": job.run_id,
            "kind": job.kind.in_json,
            "state": job.state,
            "attempt": job.attempt,
            "error": job.error,
            "progress": job.progress,
        }
        for job in job_queue.list_jobs(db)
    ]


def list_runs(arguments: Arguments) -> Output:
    from core.services.training import runs

    db, _, _ = context.open_workspace(arguments)
    if arguments.id is None:
        return [_row(run) for run in runs.every(db)]
    run = runs.get(db, arguments.id)
    if run.external_source is not None:
        return {**_row(run), "outside": run.external_source}
    return {**_row(run), "spec": run.spec.to_json(), "curves": runs.curves(db, run.id)}


def _row(run: Any) -> dict[str, Any]:
    job = {"job": run.job.id, "state": run.job.state, "error": run.job.error} if run.job else {}
    model = run.spec.model if run.external_source is None else run.model
    return {
        "run": run.id,
        "snapshot": run.snapshot,
        "task": run.task,
        "model": model,
        "best_epoch": run.best_epoch,
        "predicted": run.predicted,
        **job,
        **run.result,
    }


def predict(arguments: Arguments) -> Output:
    from core.jobs import job_queue
    from core.services.predictions import predictions

    db, _, launcher = context.open_workspace(arguments)
    made = predictions.submit(
        db, run_id=arguments.run, split=arguments.split, by=default_reader(), key=uuid.uuid4().hex, launcher=launcher
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, made.job)
    job = job_queue.get(db, made.job)
    return {"run": arguments.run, "job": job.id, "state": job.state, "split": arguments.split, **job.result}


def examine(arguments: Arguments) -> Output:
    from core.jobs import job_queue
    from core.services.analysis import registry

    db, _, launcher = context.open_workspace(arguments)
    made = registry.submit(
        db,
        launcher,
        run_id=arguments.run,
        what=arguments.what,
        asked=context.parse_settings(arguments.asked),
        by=default_reader(),
        key=uuid.uuid4().hex,
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, made.job)
    job, found = job_queue.get(db, made.job), registry.newest(db, arguments.run, arguments.what)
    said = found.result if found is not None and job.state == "succeeded" else {}
    return {"run": arguments.run, "job": job.id, "what": arguments.what, "state": job.state, **said}
