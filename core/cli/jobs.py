"""Commands that list runs and jobs."""

from typing import Any

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser, UsageError
from core.cli.printing.result import Output
from core.jobs import job_queue
from core.services.training import runs


def add_jobs_arguments(parser: Parser) -> None:
    """Add the options of `rounds jobs`."""
    parser.add_argument("verb", nargs="?", choices=["cancel", "resume"], help="what to do with the job; omit to list")
    parser.add_argument("id", nargs="?", type=int, metavar="ID", help="number of the job")


def list_jobs(arguments: Arguments) -> Output:
    """Cancel or resume a job where a verb is given; return all jobs."""
    db, _, launcher = context.open_workspace(arguments)
    if arguments.verb and arguments.id is None:
        raise UsageError(f"`rounds jobs {arguments.verb}` needs the job's number; `rounds jobs` lists them.")
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


def add_runs_arguments(parser: Parser) -> None:
    """Add the options of `rounds runs`."""
    parser.add_argument("id", nargs="?", type=int, metavar="ID", help="number of a run, to show its details")


def list_runs(arguments: Arguments) -> Output:
    """Return all runs, or one with its settings and training curves."""
    db, _, _ = context.open_workspace(arguments)
    if arguments.id is None:
        return [_record(run) for run in runs.list_runs(db)]
    run = runs.get(db, arguments.id)
    if run.external_source is not None:
        return {**_record(run), "outside": run.external_source}
    return {**_record(run), "spec": run.spec.to_json(), "curves": runs.curves(db, run.id)}


def _record(run: runs.RunView) -> dict[str, Any]:
    job = {"job": run.job.id, "state": run.job.state, "error": run.job.error} if run.job else {}
    return {
        "run": run.id,
        "snapshot": run.snapshot,
        "task": run.task,
        "model": run.spec.model if run.external_source is None else run.model,
        "best_epoch": run.best_epoch,
        "predicted": run.predicted,
        **job,
        **run.result,
    }


HANDLERS = {"jobs": Handler(add_jobs_arguments, list_jobs), "runs": Handler(add_runs_arguments, list_runs)}
