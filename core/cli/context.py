"""What every command begins with: the workspace, settings as texts, and waiting for a job."""

import time
from collections.abc import Sequence

from core.cli.parser import Arguments
from core.cli.printing.progress import progress
from core.errors import InvalidInput, UserError
from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.workspace import home
from core.settings import Settings
from db import Database

POLL_S = 0.5


def settings_of(arguments: Arguments) -> Settings:
    """Return the settings of --home, else of ROUNDS_HOME."""
    return Settings.read(getattr(arguments, "home", None))


def open_workspace(arguments: Arguments) -> tuple[Database, Settings, LocalLauncher]:
    """Open the catalogue; return it with the settings and the launcher. Jobs whose process died are marked lost."""
    settings = settings_of(arguments)
    db, launcher = home.open_home(settings), LocalLauncher(settings)
    job_queue.reap_and_wake(db, launcher)
    return db, settings, launcher


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Split NAME=VALUE into names and values.

    Raises:
        InvalidInput: a text without an equals sign.
    """
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"'{text}' is not a setting; write --set NAME=VALUE, such as --set epochs=5.")
        settings[name.strip()] = value.strip()
    return settings


def wait_for_job(db: Database, launcher: LocalLauncher, job_id: int) -> None:
    """Return when the job has ended; show its progress meanwhile.

    Raises:
        UserError: the job did not succeed; carries the error of the job.
    """
    with progress() as update:
        while not (job := job_queue.get(db, job_id)).state.is_finished:
            update(*describe_progress(job))
            time.sleep(POLL_S)
            job_queue.reap_and_wake(db, launcher)
    if job.state != "succeeded":
        raise UserError(job.error or f"Job {job_id} ended with state '{job.state}'.")


def describe_progress(job: job_queue.JobView) -> tuple[str, int, int]:
    """Return what the job is doing, how much of it is done, and how much there is (0: not known)."""
    now = job.progress
    text = f"Job {job.id} {job.state}"
    if "epochs" in now:
        return f"{text}, epoch", now.get("epoch", 0), now["epochs"]
    if "doing" in now:
        return f"{text}, {now['doing']}", now["done"], now["of"]
    if "originals" in now:
        return f"{text}, files verified", now["verified"], now["originals"]
    return text, now.get("done", 0), now.get("images", 0)
