"""A stranger keeps the catalogue locked for longer than Rounds waits: one sentence, nothing lost, all goes on after."""

import pytest

from core.jobs import job_queue, retry
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.imports import import_request
from core.services.imports.import_request import ImportRequest
from core.services.training import runs
from core.training.checkpoint import read_weights
from db.vocabulary import JobState
from tests.faults.pages import page_of
from tests.faults.places import (
    Served,
    check_whole,
    ended,
    frozen,
    home_at,
    is_sentence,
    locked,
    pictures,
    rounds,
    started,
    until,
)

LOCKED = "is locked by another program. Close that program (a database browser, a copy), then try again."


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Whose processes wait for a lock half a second instead of half a minute."""
    url = f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}?timeout=0.5"
    monkeypatch.setenv("ROUNDS_DATABASE_URL", url)
    with home_at(tmp_path / "home") as made:
        yield made


def test_an_answer_is_not_acknowledged_while_it_is_locked_and_taken_once_after(home, tmp_path):
    home.take(pictures(tmp_path / "some", 4))
    task = tasks.create(home.db, name="kind", classes=["a", "b"])
    cases = annotations.queue(home.db, task_id=task.id)
    with Served(home, tmp_path / "said.txt") as server:
        with locked(home.db):
            answers = [server.label(cases[0], 1, key="the same answer") for _ in range(2)]
            assert server.client.get(f"/label?task={task.id}").status_code == 200
            seen = server.client.get(server.signed(f"/api/pixels/{cases[0].image_ids[0]}/0"))
            assert seen.status_code == 200  # who only looks need not wait
        for answer in answers:
            output = answer.json()["error"]
            assert (answer.status_code, is_sentence(output), output.endswith(LOCKED)) == (503, True, True)
        assert annotations.history(home.db, cases[0].id) == []
        assert [server.label(cases[0], 1, key="the same answer").status_code for _ in range(2)] == [200, 200]
        assert "Traceback" not in server.log.read_text()
    assert [one.text for one in annotations.history(home.db, cases[0].id)] == ["b"]


@pytest.mark.slow
def test_a_command_that_must_write_says_so_and_one_that_looks_works(home, tmp_path):
    home.take(pictures(tmp_path / "before", 4))
    source = pictures(tmp_path / "more", 4, edge=40)
    with locked(home.db):
        assert rounds(home.settings.home, "jobs").returncode == 0
        done = rounds(home.settings.home, "import", source)
    assert (done.returncode, is_sentence(done.stderr.strip()), LOCKED in done.stderr) == (1, True, True)
    assert rounds(home.settings.home, "import", source).returncode == 0
    assert check_whole(home) == 8


def test_an_import_waits_and_says_so_on_its_page(home, tmp_path, monkeypatch):
    source = pictures(tmp_path / "some", 60)
    job_id = import_request.submit(
        home.db, home.settings, ImportRequest(source), by="tester", key="k", launcher=LocalLauncher(home.settings)
    )
    until(lambda: any(home.settings.folder("pixels").rglob("*.raw")))
    with locked(home.db):
        until(lambda: retry.wait_reason(home.settings, job_id))
        output = page_of(home.settings, monkeypatch, "import", job=job_id)
        assert job_queue.reap(home.db, LocalLauncher(home.settings).alive) == []
    assert [line for line in output.splitlines() if "This job is waiting" in line] == [waiting(home)]
    job = ended(home, job_id)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 1, None)
    assert (job.result["imported"], len(job.result["refused"])) == (60, 1)  # data.csv is none
    assert check_whole(home) == 60
    assert retry.wait_reason(home.settings, job_id) is None


@pytest.mark.slow
def test_a_training_waits_says_so_on_its_page_and_loses_no_epoch(home, tmp_path, monkeypatch):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=40)
    until(lambda: runs.get(home.db, made.run).best_epoch is not None, why=lambda: job_queue.get(home.db, made.job))
    with locked(home.db):
        until(lambda: retry.wait_reason(home.settings, made.job))
        output = page_of(home.settings, monkeypatch, "runs", run=made.run)
        assert job_queue.reap(home.db, LocalLauncher(home.settings).alive) == []
    assert [line for line in output.splitlines() if "This job is waiting" in line] == [waiting(home)]
    job = ended(home, made.job)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 1, None)
    curves = runs.curves(home.db, made.run)["train_loss"]
    assert [epoch for epoch, _ in curves] == list(range(1, 41))
    assert read_weights(runs.folder(home.settings, made.run) / "last.safetensors")[1].epoch == 40


def waiting(home) -> str:
    return f"This job is waiting and will continue automatically: the catalogue {home.db.file} {LOCKED}"
