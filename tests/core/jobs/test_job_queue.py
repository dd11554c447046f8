"""A job is claimed once, written to by its own attempt only, cancelled, resumed, and lost when its process is gone."""

import threading

import pytest

from core.errors import AttemptSuperseded, InvalidInput, NotFound
from core.jobs import job_queue
from db.vocabulary import JobKind, JobState


def queue(home, number: int = 1) -> list[int]:
    with home.db.transaction() as session:
        return [job_queue.add(session, JobKind.IMPORT, {"n": n}, key=f"k{n}").id for n in range(number)]


def state(home, job_id: int) -> JobState:
    return job_queue.get(home.db, job_id).state


def beat(home, job_id: int, attempt: int, **changes) -> bool:
    with home.db.transaction() as session:
        return job_queue.heartbeat(session, job_id, attempt, **changes)


def test_eight_rivals_claim_each_job_once(home):
    ids = queue(home, 40)
    claimed: list[int] = []
    together = threading.Barrier(8)

    def rival() -> None:
        together.wait()
        while (job_id := job_queue.oldest_queued(home.db, [JobKind.IMPORT])) is not None:
            if job_queue.claim(home.db, job_id) is not None:
                claimed.append(job_id)

    threads = [threading.Thread(target=rival) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == ids
    assert {job_queue.get(home.db, job_id).attempt for job_id in ids} == {1}


def test_the_same_key_is_the_same_job(home):
    assert queue(home) == queue(home)
    assert len(job_queue.list_jobs(home.db)) == 1


def test_the_oldest_of_the_wanted_kinds_comes_first(home):
    first, second = queue(home, 2)
    assert job_queue.oldest_queued(home.db, [JobKind.IMPORT]) == first
    assert job_queue.oldest_queued(home.db, [JobKind.TRAIN]) is None
    job_queue.claim(home.db, first)
    assert job_queue.oldest_queued(home.db, list(JobKind)) == second


def test_an_older_attempt_writes_nothing(home):
    (job_id,) = queue(home)
    old = job_queue.claim(home.db, job_id)
    job_queue.finish(home.db, job_id, old, JobState.LOST, error="gone")
    job_queue.requeue(home.db, job_id)
    new = job_queue.claim(home.db, job_id)
    assert (old, new) == (1, 2)
    with pytest.raises(AttemptSuperseded):
        beat(home, job_id, old, progress={"by": "the dead"})
    with pytest.raises(AttemptSuperseded):
        job_queue.finish(home.db, job_id, old, JobState.SUCCEEDED)
    beat(home, job_id, new, progress={"by": "the living"})
    assert job_queue.get(home.db, job_id).progress == {"by": "the living"}
    assert state(home, job_id) is JobState.RUNNING


def test_what_is_written_with_a_fenced_beat_is_undone_too(home):
    first, second = queue(home, 2)
    attempt = job_queue.claim(home.db, first)
    with pytest.raises(AttemptSuperseded), home.db.transaction() as session:
        job_queue.add(session, JobKind.IMPORT, {}, key="beside") and job_queue.heartbeat(session, first, attempt + 1)
    assert {job.id for job in job_queue.list_jobs(home.db)} == {first, second}


def test_a_queued_job_is_cancelled_at_once_a_running_one_at_its_beat(home):
    waiting, going = queue(home, 2)
    assert job_queue.cancel(home.db, waiting).state is JobState.CANCELLED
    attempt = job_queue.claim(home.db, going)
    assert beat(home, going, attempt) is False
    assert job_queue.cancel(home.db, going).state is JobState.RUNNING
    assert beat(home, going, attempt) is True
    assert job_queue.claim(home.db, waiting) is None


def test_an_ended_job_cannot_be_cancelled_nor_a_succeeded_one_resumed(home):
    (job_id,) = queue(home)
    job_queue.finish(home.db, job_id, job_queue.claim(home.db, job_id), JobState.SUCCEEDED, result={"n": 1})
    with pytest.raises(InvalidInput, match="already ended"):
        job_queue.cancel(home.db, job_id)
    with pytest.raises(InvalidInput, match="is succeeded; only a failed, cancelled or lost"):
        job_queue.requeue(home.db, job_id)


def test_a_resumed_job_forgets_its_wish_and_its_error(home):
    (job_id,) = queue(home)
    attempt = job_queue.claim(home.db, job_id)
    job_queue.cancel(home.db, job_id)
    job_queue.finish(home.db, job_id, attempt, JobState.CANCELLED, error="Cancelled.")
    resumed = job_queue.requeue(home.db, job_id)
    assert (resumed.state, resumed.error, resumed.finished_at, resumed.cancel_requested) == (
        "queued",
        None,
        None,
        False,
    )
    assert beat(home, job_id, job_queue.claim(home.db, job_id)) is False


def test_only_jobs_without_a_process_are_lost(home):
    dead, living, waiting = queue(home, 3)
    for job_id in (dead, living):
        job_queue.claim(home.db, job_id)
    assert job_queue.reap(home.db, lambda job_id: job_id == living) == [dead]
    assert [state(home, job_id) for job_id in (dead, living, waiting)] == ["lost", "running", "queued"]
    assert f"Job {dead}" in job_queue.get(home.db, dead).error
    assert job_queue.reap(home.db, lambda job_id: job_id == living) == []


def test_a_job_that_ends_while_it_is_looked_at_is_not_lost(home):
    (job_id,) = queue(home)
    attempt = job_queue.claim(home.db, job_id)

    def ends_just_now(_: int) -> bool:
        job_queue.finish(home.db, job_id, attempt, JobState.SUCCEEDED)
        return False

    assert job_queue.reap(home.db, ends_just_now) == []
    assert state(home, job_id) is JobState.SUCCEEDED


def test_an_unknown_job_is_named(home):
    with pytest.raises(NotFound, match="There is no job 4711"):
        job_queue.get(home.db, 4711)
