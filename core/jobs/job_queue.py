"""Queue, claim, update and finish jobs in the catalogue. Every write of progress is fenced by attempt."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session, aliased

from core.errors import AttemptSuperseded, InvalidInput, NotFound
from core.jobs.launcher import Launcher
from db import Database
from db.queries import project_id
from db.tables import Job
from db.vocabulary import JobKind, JobState

LOST = (
    "Job {id} stopped unexpectedly (killed, out of memory, or the machine restarted); "
    "resume it to continue from its last checkpoint."
)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as shown by pages and commands. Times are UTC seconds."""

    id: int
    kind: JobKind
    run_id: int | None
    state: JobState
    attempt: int
    progress: dict[str, Any]
    result: dict[str, Any]
    request: dict[str, Any]
    error: str | None
    cancel_requested: bool
    created_at: float
    started_at: float | None
    finished_at: float | None


def add(session: Session, kind: JobKind, request: dict[str, Any], *, key: str, run_id: int | None = None) -> Job:
    """Add a queued job in the caller's transaction; the same key returns the same job."""
    job = session.scalar(select(Job).where(Job.request_key == key))
    if job is None:
        job = Job(
            project_id=project_id(session),
            kind=kind,
            request=request,
            request_key=key,
            run_id=run_id,
            state=JobState.QUEUED,
        )
        session.add(job)
        session.flush()
    return job


def list_jobs(db: Database, *, kind: JobKind | None = None, limit: int = 200) -> list[JobView]:
    """Return jobs, newest first."""
    with db.read() as session:
        query = select(Job).order_by(Job.id.desc()).limit(limit)
        return [to_view(job) for job in session.scalars(query if kind is None else query.where(Job.kind == kind))]


def unfinished(db: Database, *also: JobState) -> list[JobView]:
    """Return queued and running jobs, and those of the states in `also`, oldest first."""
    with db.read() as session:
        query = select(Job).where(Job.state.in_([JobState.QUEUED, JobState.RUNNING, *also])).order_by(Job.id)
        return [to_view(job) for job in session.scalars(query)]


def get(db: Database, job_id: int) -> JobView:
    """Return one job.

    Raises:
        NotFound: no job has that id.
    """
    with db.read() as session:
        return to_view(_row(session, job_id))


def jobs_of_run(db: Database, run_id: int) -> list[JobView]:
    """Return the jobs of a run, newest first."""
    with db.read() as session:
        return [
            to_view(job) for job in session.scalars(select(Job).where(Job.run_id == run_id).order_by(Job.id.desc()))
        ]


def cancel(db: Database, job_id: int) -> JobView:
    """Cancel a job: a queued one at once, a running one at its next heartbeat.

    Raises:
        NotFound: no job has that id.
        InvalidInput: it has already ended.
    """
    with db.transaction() as session:
        job = _row(session, job_id)
        if job.state.is_finished:
            raise InvalidInput(f"Job {job_id} has already ended ({job.state}); there is nothing to cancel.")
        job.cancel_requested = True
        if job.state is JobState.QUEUED:
            job.state, job.finished_at = JobState.CANCELLED, time.time()
        return to_view(job)


def requeue(db: Database, job_id: int) -> JobView:
    """Put a finished job back in the queue; its next attempt continues from the last checkpoint.

    Raises:
        NotFound: no job has that id.
        InvalidInput: it is queued or running, or it succeeded.
    """
    with db.transaction() as session:
        job = _row(session, job_id)
        if not job.state.is_resumable:
            raise InvalidInput(f"Job {job_id} is {job.state}; only a failed, cancelled or lost job can be resumed.")
        job.state, job.cancel_requested = JobState.QUEUED, False
        job.error, job.finished_at = None, None
        return to_view(job)


def oldest_queued(db: Database, kinds: list[JobKind]) -> int | None:
    """Return the ID of the oldest queued job of `kinds`; jobs on a run's model wait until its training ends."""
    training = aliased(Job)
    unended = training.state.in_([JobState.QUEUED, JobState.RUNNING])
    first = exists().where(training.run_id == Job.run_id, training.kind == JobKind.TRAIN, unended)
    ready = or_(Job.kind.notin_([JobKind.PREDICT, JobKind.ANALYZE]), ~first)
    with db.read() as session:
        waiting = select(Job.id).where(Job.state == JobState.QUEUED, Job.kind.in_(kinds), ready).order_by(Job.id)
        return session.scalar(waiting.limit(1))


def has_queued(db: Database) -> bool:
    """Return whether any job is queued, including jobs that wait for another one to end."""
    with db.read() as session:
        return session.scalar(select(Job.id).where(Job.state == JobState.QUEUED).limit(1)) is not None


def claim(db: Database, job_id: int) -> int | None:
    """Claim a queued job atomically; return the number of the attempt, None if another process claimed it first."""
    with db.transaction() as session:
        return session.scalar(
            update(Job)
            .where(Job.id == job_id, Job.state == JobState.QUEUED)
            .values(
                state=JobState.RUNNING,
                attempt=Job.attempt + 1,
                started_at=time.time(),
                heartbeat_at=time.time(),
                progress={},
                pid=None,
            )
            .returning(Job.attempt)
        )


def heartbeat(session: Session, job_id: int, attempt: int, **changes: Any) -> bool:
    """Record a heartbeat and changes in the caller's transaction; return whether cancellation is requested.

    Raises:
        AttemptSuperseded: the attempt no longer owns the job; change nothing and exit.
    """
    _update_fenced(session, job_id, attempt, heartbeat_at=time.time(), **changes)
    return bool(session.scalar(select(Job.cancel_requested).where(Job.id == job_id)))


def finish(
    db: Database,
    job_id: int,
    attempt: int,
    state: JobState,
    *,
    error: str | None = None,
    result: dict[str, Any] | None = None,
    request: dict[str, Any] | None = None,
) -> None:
    """End an attempt.

    Raises:
        AttemptSuperseded: the attempt no longer owns the job.
    """
    changes: dict[str, Any] = {"result": result} if result is not None else {}
    if request is not None:
        changes["request"] = request
    with db.transaction() as session:
        _update_fenced(session, job_id, attempt, state=state, error=error, finished_at=time.time(), pid=None, **changes)


def reap(db: Database, alive: Callable[[int], bool]) -> list[int]:
    """Mark running jobs without a living process as lost (`alive` checks kernel locks); return their IDs."""
    with db.read() as session:
        running = session.execute(select(Job.id, Job.attempt).where(Job.state == JobState.RUNNING)).all()
    dead = [(job_id, attempt) for job_id, attempt in running if not alive(job_id)]
    lost = []
    for job_id, attempt in dead:
        try:
            finish(db, job_id, attempt, JobState.LOST, error=LOST.format(id=job_id))
            lost.append(job_id)
        except AttemptSuperseded:
            continue  # it ended by itself in the meantime
    return lost


def reap_and_wake(db: Database, launcher: Launcher) -> list[int]:
    """Mark lost jobs and wake the launcher if jobs are queued; return the IDs of lost jobs.

    Called whenever jobs are listed, because the dispatcher may have been killed before it started a queued job.
    """
    lost = reap(db, launcher.alive)
    if has_queued(db):
        launcher.wake()
    return lost


def to_view(job: Job) -> JobView:
    """Return the view of a row."""
    return JobView(
        id=job.id,
        kind=job.kind,
        run_id=job.run_id,
        state=job.state,
        attempt=job.attempt,
        progress=job.progress or {},
        result=job.result or {},
        request=job.request,
        error=job.error,
        cancel_requested=bool(job.cancel_requested),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _update_fenced(session: Session, job_id: int, attempt: int, **values: Any) -> None:
    claimed = (Job.id == job_id, Job.attempt == attempt, Job.state == JobState.RUNNING)
    changed = session.execute(update(Job).where(*claimed).values(**values))
    assert isinstance(changed, CursorResult)
    if changed.rowcount != 1:
        raise AttemptSuperseded(f"Attempt {attempt} no longer owns job {job_id}.")


def _row(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}; `rounds jobs` lists them.")
    return job
