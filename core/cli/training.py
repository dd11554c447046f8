"""Commands that train a model, or estimate what a training takes."""

import os
import uuid

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser
from core.cli.printing.result import Output
from core.cli.train_settings import add_spec_arguments, spec_of
from core.jobs import job_queue
from core.services.datasets import snapshots
from core.services.training import resource_estimate, runs, submit
from core.settings import default_reader


def add_train_arguments(parser: Parser) -> None:
    """Add the options of `rounds train`, and the table of settings at the end of its help."""
    add_spec_arguments(parser)
    parser.add_argument("--wait", action="store_true", help="return when the training has ended")


def train(arguments: Arguments) -> Output:
    """Queue a training; return the run, and with --wait its result."""
    db, _, launcher = context.open_workspace(arguments)
    spec = spec_of(arguments)
    snapshot, *also = (snapshots.snapshot_named(db, name).id for name in (arguments.snapshot, *arguments.also))
    submitted = submit.submit(
        db, snapshot_id=snapshot, spec=spec, by=default_reader(), key=uuid.uuid4().hex, launcher=launcher, also=also
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, submitted.job)
    job, run = job_queue.get(db, submitted.job), runs.get(db, submitted.run)
    result = {"epochs": spec.epochs, "device": None, "images_per_second": None, "data_wait_share": None, **run.result}
    return {"run": run.id, "job": job.id, "state": job.state, "model": spec.model, **result}


def add_estimate_arguments(parser: Parser) -> None:
    """Add the options of `rounds estimate`."""
    add_spec_arguments(parser)
    parser.add_argument("--pictures", action="store_true", help="instead, write eight augmented training images")


def estimate(arguments: Arguments) -> Output:
    """Time a training step and measure its memory, or draw augmented images."""
    db, settings, _ = context.open_workspace(arguments)
    snapshot, *also = (snapshots.snapshot_named(db, name).id for name in (arguments.snapshot, *arguments.also))
    if arguments.pictures:
        os.nice(10)  # the images can wait; the step that is timed beside them cannot
    return resource_estimate.measure(db, settings, snapshot, spec_of(arguments), also, pictures=arguments.pictures)


HANDLERS = {"train": Handler(add_train_arguments, train), "estimate": Handler(add_estimate_arguments, estimate)}
