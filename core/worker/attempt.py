"""Report the progress of a job attempt, and receive its cancellation."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.jobs import job_queue
from core.jobs.retry import retry_while_unavailable, wait_note_path
from core.settings import Settings
from db import Database

T = TypeVar("T")
REPORT_INTERVAL_S = 0.5


class Cancelled(Exception):
    """The signal that the job was cancelled."""


@dataclass
class Attempt:
    """One attempt at a job, which fences every write of progress."""

    db: Database
    settings: Settings
    job: job_queue.JobView
    device: str
    reported_at: float = field(default=0.0)

    def report(self, progress: dict[str, Any], *, also: Callable[[Any], None] | None = None, due: bool = False) -> None:
        """Report progress, at most twice a second unless `due`; `also` writes in the same transaction.

        Raises:
            Cancelled: cancellation was requested.
            AttemptSuperseded: the job belongs to another attempt.
            CatalogueUnusable: the catalogue was unavailable for ten minutes.
        """
        now = time.monotonic()
        if not due and also is None and now - self.reported_at < REPORT_INTERVAL_S:
            return
        self.reported_at = now
        if self.with_retry(lambda: self._write(progress, also)):
            raise Cancelled

    def with_retry(self, action: Callable[[], T]) -> T:
        """Call an action once the catalogue is available; meanwhile the job's page says why it waits."""
        return retry_while_unavailable(action, note=wait_note_path(self.settings, self.job.id))

    def _write(self, progress: dict[str, Any], also: Callable[[Any], None] | None) -> bool:
        with self.db.transaction() as session:
            cancel_requested = job_queue.heartbeat(session, self.job.id, self.job.attempt, progress=progress)
            if also is not None:
                also(session)
            return cancel_requested
