"""One dispatcher per home; rivals leave, and every job runs once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from core.jobs import job_queue
from core.jobs.local import LocalLauncher, detach, dispatcher_lock, job_lock, slot_lock
from core.jobs.locks import acquire, is_held
from core.services.imports import import_request
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from core.worker import dispatcher


def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


class Asleep:
    def wake(self) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}")


def test_it_starts_without_what_the_jobs_need():
    code = "import sys, core.cli.processes; sys.exit('core.worker.runner' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def db(settings: Settings):
    database = open_home(settings)
    yield database
    database.close()


def queue(db, settings: Settings, folder: Path, number: int) -> list[int]:
    ids = []
    for name in range(number):
        (folder / str(name)).mkdir(parents=True)
        Picture.fromarray(np.full((3, 3), name, np.uint8)).save(folder / str(name) / "x.png")
        request = ImportRequest(folder / str(name))
        ids.append(import_request.submit(db, settings, request, by="tester", key=str(name), launcher=Asleep()))
    return ids


def test_rival_dispatchers_run_every_job_once(db, settings, tmp_path):
    ids = queue(db, settings, tmp_path / "in", 3)
    rivals = [
        subprocess.Popen([sys.executable, "-m", "core", "--home", str(settings.home), "dispatch"]) for _ in range(3)
    ]
    until(lambda: all(job_queue.get(db, job_id).state.is_finished for job_id in ids), 60)
    assert [rival.wait(30) for rival in rivals] == [0, 0, 0]
    assert [(job_queue.get(db, job_id).state.value, job_queue.get(db, job_id).attempt) for job_id in ids] == [
        ("succeeded", 1)
    ] * 3
    assert [job_queue.get(db, job_id).result["imported"] for job_id in ids] == [1, 1, 1]


def test_where_one_is_at_work_another_leaves_at_once(db, settings, tmp_path):
    (job_id,) = queue(db, settings, tmp_path / "in", 1)
    handle = acquire(settings.folder("jobs") / "dispatcher.lock")
    assert handle is not None
    dispatcher.run(db, settings, LocalLauncher(settings))
    assert job_queue.get(db, job_id).state == "queued"


def test_with_nothing_to_do_it_leaves(db, settings):
    dispatcher.run(db, settings, LocalLauncher(settings))
    assert not is_held(dispatcher_lock(settings))


def test_one_is_started_however_often_it_is_asked_for(db, settings, tmp_path, monkeypatch):
    (job_id,) = queue(db, settings, tmp_path / "in", 1)
    started = []
    monkeypatch.setattr("core.jobs.local.detach", lambda *a, **k: started.append(detach(*a, **k)))
    launcher = LocalLauncher(settings)
    for _ in range(3):
        launcher.wake()
    assert len(started) == 1
    until(lambda: job_queue.get(db, job_id).state.is_finished, 60)
    until(lambda: not is_held(dispatcher_lock(settings)), 60)
    launcher.wake()
    assert len(started) == 2


def test_a_taken_slot_keeps_a_job_waiting(db, settings, tmp_path, monkeypatch):
    (job_id,) = queue(db, settings, tmp_path / "in", 1)
    handle = acquire(slot_lock(settings, "import"))
    assert handle is not None
    looks = []

    def looked(_seconds: float) -> None:
        looks.append(job_queue.get(db, job_id).state)
        job_queue.cancel(db, job_id)  # else it would wait for ever, as it should

    monkeypatch.setattr("time.sleep", looked)
    dispatcher.run(db, settings, LocalLauncher(settings))
    assert looks == ["queued"]


def test_a_lock_is_one_holders_until_its_last_copy_is_closed(tmp_path):
    path = tmp_path / "x.lock"
    first = acquire(path)
    assert first is not None
    copy = os.dup(first)
    assert acquire(path) is None
    os.close(first)
    assert is_held(path)
    os.close(copy)
    assert not is_held(path)


@pytest.mark.parametrize(("visible", "devices"), [("", ["cpu"]), ("-1", ["cpu"]), ("2,3", ["cuda:0", "cuda:1"])])
def test_devices_are_those_that_may_be_seen(settings, monkeypatch, visible, devices):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert LocalLauncher(settings).devices() == devices


def test_a_job_without_a_process_is_not_alive(settings):
    settings.make_home()
    assert not LocalLauncher(settings).alive(7)
    handle = acquire(job_lock(settings, 7))
    assert handle is not None
    assert LocalLauncher(settings).alive(7)
