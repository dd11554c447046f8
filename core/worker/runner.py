"""Run one claimed job in this process with the handler of its kind, and record how it ended."""

import logging
import os
from pathlib import Path
from typing import Any

from core.errors import AttemptSuperseded, UserError, describe_os_error
from core.imaging.identity.sentences import hide_in_sentence, safe_traceback
from core.jobs import job_queue
from core.jobs.retry import retry_while_unavailable, wait_note_path
from core.settings import Settings
from core.worker.attempt import Attempt, Cancelled
from core.worker.handlers import HANDLERS
from db import Database
from db.vocabulary import JobState

log = logging.getLogger("rounds.worker")


def run_job(db: Database, settings: Settings, job_id: int, *, attempt: int, device: str) -> JobState:
    """Run a job, write its final state to its row, and return that state."""
    job = retry_while_unavailable(lambda: job_queue.get(db, job_id))
    if job.attempt != attempt or job.state is not JobState.RUNNING:
        log.warning("attempt %s no longer owns job %s; exiting", attempt, job_id)
        return job.state
    current = Attempt(db, settings, job, device)
    try:
        wait_note_path(settings, job_id).unlink(missing_ok=True)  # left by an attempt that was killed while waiting
        current.with_retry(lambda: _record_pid(current))
        ending = _run_handler(current)
        current.with_retry(lambda: job_queue.finish(db, job_id, attempt, **ending))
    except AttemptSuperseded:
        log.warning("job %s was taken over by another attempt; exiting", job_id)
        return job_queue.get(db, job_id).state
    state: JobState = ending["state"]
    return state


def _run_handler(attempt: Attempt) -> dict[str, Any]:
    """Run the handler and return the keyword arguments of `job_queue.finish`."""
    try:
        return {"state": JobState.SUCCEEDED, "result": HANDLERS[attempt.job.kind](attempt)}
    except Cancelled:
        return {
            "state": JobState.CANCELLED,
            "error": "Cancelled on request; resume it to continue from the last checkpoint.",
        }
    except UserError as error:
        return {"state": JobState.FAILED, "error": str(error)}
    except AttemptSuperseded:
        raise
    except OSError as error:
        log.error("job %s failed\n%s", attempt.job.id, safe_traceback(error))
        return {"state": JobState.FAILED, "error": hide_in_sentence(describe_os_error(error))}
    except Exception as error:
        log.error("job %s failed\n%s", attempt.job.id, safe_traceback(error))
        problem = f"{type(error).__name__} in {attempt.job.kind} job {attempt.job.id}"
        where = f"see {_log(attempt).name} for details"
        return {"state": JobState.FAILED, "error": f"Unexpected error: {problem}; {where}."}


def _record_pid(attempt: Attempt) -> None:
    import psutil

    with attempt.db.transaction() as session:
        started = psutil.Process().create_time()
        job_queue.heartbeat(session, attempt.job.id, attempt.job.attempt, pid=os.getpid(), pid_started_at=started)


def _log(attempt: Attempt) -> Path:
    return attempt.settings.folder("jobs") / "launch.log"
