"""One attempt at a job: how it reports progress, and how a cancel reaches it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.jobs import job_queue
from core.jobs.retry import retry_while_unavailable, wait_note_path
from core.settings import Settings
from db import Database

T = TypeVar("T")
BEAT_EVERY_S = 0.5


class Cancelled(Exception):
    """Raised where somebody cancelled the job."""


@dataclass
class Attempt:
    """One attempt at a job: what every write of progress must name."""

    db: Database
    settings: Settings
    job: job_queue.JobView
    device: str
    reported_at: float = field(default=0.0)

    def report(self, progress: dict[str, Any], *, also: Callable[[Any], None] | None = None, due: bool = False) -> None:
        """Report progress, at most twice a second unless `due`; `also` writes in the same transaction.

        Raises:
            Cancelled: somebody wished the end.
            FencedOff: the job belongs to another attempt.
            CatalogueUnusable: it could not be written for a long time.
        """
        now = time.monotonic()
        if not due and also is None and now - self.reported_at < BEAT_EVERY_S:
            return
        self.reported_at = now
        if self.with_retry(lambda: self._write(progress, also)):
            raise Cancelled

    def with_retry(self, do: Callable[[], T]) -> T:
        """Do it once the catalogue can be used; meanwhile the job's page says why it waits."""
        return retry_while_unavailable(do, note=wait_note_path(self.settings, self.job.id))

    def _write(self, progress: dict[str, Any], also: Callable[[Any], None] | None) -> bool:
        with self.db.transaction() as session:
            wished = job_queue.heartbeat(session, self.job.id, self.job.attempt, progress=progress)
            if also is not None:
                also(session)
            return wished
