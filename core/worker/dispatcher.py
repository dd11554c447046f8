"""Claim queued jobs and start each in a slot: a single process per home that exits when the queue is empty."""

import os
import sys
import time

from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.jobs.local import detach, dispatcher_lock, job_lock, slot_lock
from core.jobs.locks import acquire
from core.jobs.retry import retry_while_unavailable
from core.settings import Settings
from db import Database
from db.vocabulary import JobKind

POLL_INTERVAL_S = 1.0


def run(db: Database, settings: Settings, launcher: Launcher, *, lock: int | None = None) -> None:
    """Start queued jobs until none is left. A lock allows one dispatcher per home; others return at once.

    `lock` is the file descriptor inherited from the process that started this one. If the dispatcher is killed,
    `job_queue.reap_and_wake` starts the next one.
    """
    singleton = dispatcher_lock(settings)
    lock = acquire(singleton) if lock is None else lock
    while lock is not None:
        while retry_while_unavailable(lambda: _poll_once(db, settings, launcher)):
            pass
        # Released before the last check: a job queued in between meets either this check or a free lock.
        os.close(lock)
        lock = acquire(singleton) if retry_while_unavailable(lambda: job_queue.has_queued(db)) else None


def _poll_once(db: Database, settings: Settings, launcher: Launcher) -> bool:
    """Start what can be started; return False if no job is queued."""
    if not job_queue.has_queued(db):
        return False
    job_queue.reap(db, launcher.alive)
    started = [_start_next(db, settings, slot, kinds) for slot, kinds in _slots(launcher)]
    if not any(started):
        time.sleep(POLL_INTERVAL_S)
    return True


def _slots(launcher: Launcher) -> list[tuple[str, list[JobKind]]]:
    computing = [(device, [JobKind.TRAIN, JobKind.PREDICT, JobKind.ANALYZE]) for device in launcher.devices()]
    return [*computing, ("import", [JobKind.IMPORT])]


def _start_next(db: Database, settings: Settings, slot: str, kinds: list[JobKind]) -> bool:
    """Start the oldest queued job in the slot; return False if none is queued or the slot is taken."""
    job_id = job_queue.oldest_queued(db, kinds)
    slot_fd = acquire(slot_lock(settings, slot)) if job_id is not None else None
    if job_id is None or slot_fd is None:
        return False
    # Locked before it is claimed, so that a running job always has a lock holder.
    job_fd = acquire(job_lock(settings, job_id))
    try:
        if job_fd is None or (attempt := job_queue.claim(db, job_id)) is None:
            return False
        work = ["work", str(job_id), "--attempt", str(attempt), "--device", slot]
        argv = [sys.executable, "-m", "core", "--home", str(settings.home), *work]
        detach(argv, settings, inherit=(slot_fd, job_fd))
        return True
    finally:
        for handle in (slot_fd, job_fd):
            if handle is not None:
                os.close(handle)
