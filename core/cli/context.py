"""What every command begins with: the home, who acts, and waiting for a job."""

import time
from typing import Any

from core.cli import output
from core.cli.parser import Arguments
from core.errors import InvalidInput, UserError
from core.jobs.local import LocalLauncher
from core.settings import Settings


def settings_of(arguments: Arguments) -> Settings:
    """Of the home that is named, else of ROUNDS_HOME."""
    return Settings.read(getattr(arguments, "home", None))


def open_workspace(arguments: Arguments) -> tuple[Any, Settings, LocalLauncher]:
    """The catalogue, its settings and what starts jobs; dead jobs are noticed on the way."""
    from core.jobs import job_queue
    from core.services.workspace import home

    settings = settings_of(arguments)
    db, launcher = home.open_home(settings), LocalLauncher(settings)
    job_queue.reap_and_wake(db, launcher)
    return db, settings, launcher


def parse_settings(settings: list[str]) -> dict[str, str]:
    """NAME=VALUE as names and values.

    Raises:
        InvalidInput: one has no equals sign.
    """
    found = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"'{text}' is not a setting; write --set NAME=VALUE, such as --set epochs=5.")
        found[name.strip()] = value.strip()
    return found


def wait_for_job(db: Any, launcher: LocalLauncher, job_id: int) -> None:
    """Until the job has ended.

    Raises:
        UserError: it did not succeed, with its own sentence.
    """
    from core.jobs import job_queue

    job = job_queue.get(db, job_id)
    while not job.state.is_finished:
        told = job.progress
        said = f", epoch {told['epoch']}/{told['epochs']}" if "epoch" in told else ""
        said = f", {told['doing']} {told['done']}/{told['of']}" if "doing" in told else said
        output.progress(f"job {job_id} {job.state}{said}")
        time.sleep(0.5)
        job_queue.reap_and_wake(db, launcher)
        job = job_queue.get(db, job_id)
    output.progress("", end=True)
    if job.state != "succeeded":
        raise UserError(job.error or f"Job {job_id} ended as {job.state}.")
