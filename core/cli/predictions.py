"""Commands that make, export and import predictions."""

import uuid
from pathlib import Path

from core.cli import context
from core.cli.options import add_run, add_split, count_test_views
from core.cli.parser import Arguments, Handler, Parser, verbs
from core.cli.printing.result import Output
from core.cli.table_options import add_dialect, dialect
from core.jobs import job_queue
from core.services.datasets import snapshots
from core.services.evaluation import predictions_export
from core.services.predictions import external
from core.services.predictions import predictions as predictions_service
from core.services.training import runs
from core.settings import default_reader


def add_predict_arguments(parser: Parser) -> None:
    """Add the options of `rounds predict`."""
    add_run(parser)
    add_split(parser)
    parser.add_argument("--wait", action="store_true", help="return when the prediction has ended")


def predict(arguments: Arguments) -> Output:
    """Queue a prediction; return its job, and with --wait its result."""
    db, _, launcher = context.open_workspace(arguments)
    submitted = predictions_service.submit(
        db, run_id=arguments.run, split=arguments.split, by=default_reader(), key=uuid.uuid4().hex, launcher=launcher
    )
    if arguments.wait:
        context.wait_for_job(db, launcher, submitted.job)
    job = job_queue.get(db, submitted.job)
    return {"run": arguments.run, "job": job.id, "state": job.state, "split": arguments.split, **job.result}


def add_predictions_arguments(parser: Parser) -> None:
    """Add the verbs of `rounds predictions`."""
    add_verb = verbs(parser)
    writing = add_verb("export", "export one line per case: reference label, scores, prediction and metadata")
    add_run(writing)
    add_split(writing)
    writing.add_argument("--out", required=True, type=Path, metavar="FILE.csv", help="CSV to write")
    reading = add_verb("import", "import the predictions of an external model as a run")
    reading.add_argument("--snapshot", required=True, metavar="NAME", help="snapshot with the cases")
    reading.add_argument("--name", required=True, metavar="NAME", help="name of the external model")
    reading.add_argument("file", type=Path, metavar="FILE.csv", help="CSV with the column image and one per class")
    add_dialect(reading)


def exchange_predictions(arguments: Arguments) -> Output:
    """Export the predictions of a run, or import external ones; return how many."""
    db, settings, _ = context.open_workspace(arguments)
    if arguments.verb == "export":
        count = predictions_export.write(db, arguments.run, arguments.split, arguments.out)
        return {"file": str(arguments.out), "lines": count, **count_test_views(db, arguments.split, arguments.run)}
    snapshot = snapshots.snapshot_named(db, arguments.snapshot).id
    run = external.import_predictions(
        db,
        settings,
        snapshot=snapshot,
        name=arguments.name,
        csv=arguments.file,
        by=default_reader(),
        dialect=dialect(arguments),
        sheet=arguments.sheet,
    )
    source = runs.get(db, run).external_source or {}
    return {"run": run, "words": external.describe_source(source), **source}


HANDLERS = {
    "predict": Handler(add_predict_arguments, predict),
    "predictions": Handler(add_predictions_arguments, exchange_predictions),
}
