"""Real job processes: an import to its end, one killed in the middle and resumed, one cancelled."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image as Picture
from sqlalchemy import func, select

from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.imports import import_files, import_request
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from core.worker import attempt as job_attempt
from core.worker import runner
from db.tables import Image, Job
from db.vocabulary import JobState

MANY = 400  # an import of a second


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")


@pytest.fixture
def db(settings: Settings):
    database = open_home(settings)
    yield database
    database.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    draw(folder, range(5))
    return folder


def draw(folder: Path, numbers: range) -> int:
    for number in numbers:
        Picture.fromarray(np.full((4, 4), number, np.uint16)).save(folder / f"{number}.png")
    return len(numbers)


def until(true: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def submit(db, settings: Settings, folder: Path) -> int:
    return import_request.submit(
        db, settings, ImportRequest(folder), by="tester", key=str(folder), launcher=LocalLauncher(settings)
    )


def images(db) -> int:
    with db.read() as session:
        return session.scalar(select(func.count(Image.id)))


def pid_of(db, job_id: int) -> int | None:
    with db.read() as session:
        return session.get_one(Job, job_id).pid


def worker_of(job_id: int, settings: Settings) -> psutil.Process | None:
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if str(settings.home) in line and line[-6:-4] == ["work", str(job_id)]:
            return process
    return None


def test_a_queued_import_runs_to_its_end_in_a_process_of_its_own(db, settings, pictures):
    job_id = submit(db, settings, pictures)
    until(lambda: job_queue.get(db, job_id).state.is_finished)
    job = job_queue.get(db, job_id)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 1, None)
    assert job.result["imported"] == images(db) == 5
    until(lambda: not LocalLauncher(settings).alive(job_id))


def test_a_killed_worker_is_lost_and_resuming_finishes_its_job(db, settings, pictures):
    files = 5 + draw(pictures, range(5, MANY))  # so many that the transaction below begins before their end
    launcher = LocalLauncher(settings)
    job_id = submit(db, settings, pictures)
    until(lambda: pid_of(db, job_id) is not None)
    with db.transaction():  # holds the import up where it writes its next rows
        assert not job_queue.get(db, job_id).state.is_finished
        process = worker_of(job_id, settings)
        assert process is not None
        assert launcher.alive(job_id)
        assert job_queue.reap(db, launcher.alive) == []
        process.kill()
        until(lambda: not launcher.alive(job_id))
    until(lambda: job_queue.get(db, job_id).state is JobState.LOST or bool(job_queue.reap(db, launcher.alive)))
    assert job_queue.get(db, job_id).state is JobState.LOST
    job_queue.requeue(db, job_id)
    launcher.wake()
    until(lambda: job_queue.get(db, job_id).state.is_finished)
    job = job_queue.get(db, job_id)
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2)
    assert job.result["imported"] + job.result["known"] == images(db) == files


def claimed(db, settings: Settings, folder: Path, **options) -> tuple[int, int]:
    class Asleep:
        def wake(self) -> None:
            pass

    request = ImportRequest(folder, **options)
    job_id = import_request.submit(db, settings, request, by="tester", key="k", launcher=Asleep())
    return job_id, job_queue.claim(db, job_id)


def test_a_cancelled_import_stops_and_keeps_what_it_took(db, settings, pictures, monkeypatch):
    monkeypatch.setattr(import_files, "FLUSH_S", 0.0)
    monkeypatch.setattr(job_attempt, "REPORT_INTERVAL_S", 0.0)
    job_id, attempt = claimed(db, settings, pictures)
    job_queue.cancel(db, job_id)
    assert runner.run_job(db, settings, job_id, attempt=attempt, device="import") is JobState.CANCELLED
    assert images(db) < 5
    assert "resume" in job_queue.get(db, job_id).error


def test_what_a_person_can_mend_is_said_in_one_sentence(db, settings, tmp_path):
    job_id, attempt = claimed(db, settings, tmp_path / "nowhere")
    assert runner.run_job(db, settings, job_id, attempt=attempt, device="import") is JobState.FAILED
    assert job_queue.get(db, job_id).error.endswith("does not exist; give a folder or a file that exists.")


def test_a_stale_attempt_does_nothing(db, settings, pictures):
    job_id, attempt = claimed(db, settings, pictures)
    assert runner.run_job(db, settings, job_id, attempt=attempt + 1, device="import") is JobState.RUNNING
    assert images(db) == 0


def test_a_fault_of_ours_is_a_failed_job_not_a_dead_process(db, settings, pictures, monkeypatch):
    def broken(_attempt):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setitem(runner.HANDLERS, job_queue.JobKind.IMPORT, broken)
    job_id, attempt = claimed(db, settings, pictures)
    assert runner.run_job(db, settings, job_id, attempt=attempt, device="import") is JobState.FAILED
    error = job_queue.get(db, job_id).error
    assert "ZeroDivisionError" in error
    assert "secret detail" not in error


def test_uploads_leave_the_inbox_once_they_are_taken(db, settings, pictures):
    inbox = settings.folder("inbox") / "upload"
    pictures.rename(inbox)
    job_id, attempt = claimed(db, settings, inbox)
    assert runner.run_job(db, settings, job_id, attempt=attempt, device="import") is JobState.SUCCEEDED
    assert not inbox.exists()
    assert images(db) == 5


def test_the_rows_of_a_job_name_no_file(db, settings, pictures, monkeypatch):
    monkeypatch.setattr(import_files, "FLUSH_S", 0.0)
    (pictures / "0 Zwickelfisch.txt").write_text("a letter")
    reported: list[str] = []
    beat = job_queue.heartbeat

    def overheard(session, job_id, attempt, **changes):
        reported.append(json.dumps(changes.get("progress")))
        return beat(session, job_id, attempt, **changes)

    monkeypatch.setattr(job_queue, "heartbeat", overheard)
    job_id, attempt = claimed(db, settings, pictures)
    runner.run_job(db, settings, job_id, attempt=attempt, device="import")
    assert len(reported) > 1
    assert "Zwickelfisch" not in "".join(reported)
