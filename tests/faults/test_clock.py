"""A clock set back or forward by hours: the living are not called dead, the dead not living, and answers keep place."""

import time

import pytest

from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.training import runs
from core.training.checkpoint import read_weights
from dashboard.server.signed_urls import LASTS_S, Signer
from db.vocabulary import JobState
from tests.faults.clocks import HOUR, Clock
from tests.faults.pages import page_of
from tests.faults.places import Served, ended, frozen, home_at, pictures, started
from tests.faults.processes import kill, until, workers


@pytest.fixture
def clock(tmp_path, monkeypatch):
    return Clock.lay(monkeypatch, tmp_path)


@pytest.fixture
def home(tmp_path):
    with home_at(tmp_path / "home") as made:
        yield made


def beaten(home, job_id: int):
    """What the job's row says now; it changes while the job goes on."""
    return job_queue.get(home.db, job_id).progress


def until_it_goes_on(home, job_id: int) -> None:
    """Past an epoch more, whatever the clock says."""
    before = beaten(home, job_id).get("done", 0)
    until(lambda: beaten(home, job_id).get("done", 0) > before + 1 or job_queue.get(home.db, job_id).state.is_finished)


@pytest.mark.slow
def test_a_job_lives_by_its_process_not_by_its_clock(home, tmp_path, clock, monkeypatch):
    launcher = LocalLauncher(home.settings)
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=300)
    until(lambda: runs.get(home.db, made.run).best_epoch is not None, why=lambda: job_queue.get(home.db, made.job))
    for hours in (-5, 30, 0, -48):
        clock.set(hours)
        until_it_goes_on(home, made.job)
        assert job_queue.reap_and_wake(home.db, launcher) == []
        assert job_queue.get(home.db, made.job).state is JobState.RUNNING
    page_of(home.settings, monkeypatch, "runs", run=made.run)
    kill(workers(home.settings.home, made.job))
    until(lambda: not launcher.alive(made.job))
    # Its last beat lies two days behind: another's may lie ahead. Neither says anything.
    until(lambda: job_queue.reap_and_wake(home.db, launcher) or job_queue.get(home.db, made.job).state is JobState.LOST)
    job = job_queue.get(home.db, made.job)
    assert (job.state, job.attempt, job.error) == (JobState.LOST, 1, job_queue.LOST.format(id=made.job))
    reported = runs.curves(home.db, made.run)["train_loss"]
    assert [epoch for epoch, _ in reported] == list(range(1, len(reported) + 1))
    assert read_weights(runs.folder(home.settings, made.run) / "last.safetensors")[1].epoch >= len(reported)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-7, 7])
def test_a_job_ends_under_another_clock_than_it_began_with(home, tmp_path, clock, hours):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=20)
    until(lambda: "verified" in beaten(home, made.job))
    clock.set(hours)
    job = ended(home, made.job)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 1, None)
    assert abs(job.finished_at - job.started_at - hours * HOUR) < HOUR
    assert runs.get(home.db, made.run).result["images_per_second"] > 0


def test_answers_keep_their_order_and_addresses_their_time(home, tmp_path, clock):
    home.take(pictures(tmp_path / "some", 4))
    task = tasks.create(home.db, name="kind", classes=["a", "b", "c"])
    case = annotations.queue(home.db, task_id=task.id)[0]
    with Served(home, tmp_path / "said.txt") as server:
        assert server.label(case, 0).status_code == 200
        clock.set(-3)
        assert server.label(case, 1).status_code == 200
        clock.set(-20)
        assert server.label(case, 2).status_code == 200
        assert annotations.case(home.db, case.id).label == 2  # the last said, not the latest by its clock
        answers = annotations.history(home.db, case.id)
        assert [one.text for one in answers] == ["a", "b", "c"]
        assert answers[0].at > answers[1].at > answers[2].at
        undo = server.signed("/api/undo", task=task.id, by="tester")
        assert server.client.post(undo, json={"case": case.id, "key": "take it back"}).json()["case"]["label"] == 1
        clock.set(8)  # within the twelve hours
        assert server.client.post(undo, json={"case": case.id, "key": "and another"}).json()["case"]["label"] == 0
        clock.set(LASTS_S / HOUR + 2)
        late = server.label(case, 2, key="given too late")
        assert (late.status_code, late.text) == (403, "This link is invalid or has expired; reload the page.")
        fresh = Signer.of(home.settings).url(
            "/api/labels", server.client.cookies[f"rounds_{server.port}"], now=now_at(clock), task=task.id, by="tester"
        )
        answer = {"case": case.id, "answer": "label", "label": 2, "key": "given too late"}
        assert [server.client.post(fresh, json=answer).status_code for _ in range(2)] == [200, 200]
        clock.set(0)  # set right again: what was signed in between holds a little longer
        assert server.client.post(fresh, json=answer).status_code == 200
    texts = [one.text for one in annotations.history(home.db, case.id)]
    assert texts == ["a", "b", "c", "undo: back to b", "undo: back to a", "c"]
    assert annotations.case(home.db, case.id).label == 2


def now_at(clock: Clock) -> float:
    """What the processes' clock shows."""
    return time.time() + float(clock.path.read_text())
