"""A full disk, on a tmpfs: one sentence, nothing acknowledged is lost, no half-written file is left, and room mends."""

import os
import shutil
import subprocess
import sys

import pytest

from core.jobs import job_queue, retry
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.imports import import_request
from core.services.imports.import_request import ImportRequest
from core.services.predictions import predictions
from core.services.saliency import maps
from core.services.training import runs
from core.training.checkpoint import read_weights
from db.vocabulary import JobState
from tests.faults import disks
from tests.faults.places import (
    Served,
    check_whole,
    drafts,
    ended,
    frozen,
    home_at,
    is_sentence,
    pictures,
    rounds,
    started,
    until,
)

MEGABYTE = 1 << 20
THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def home(disk):
    with home_at(disk.root / "home") as made:
        yield made


@pytest.mark.slow
def test_the_others_in_a_namespace_of_their_own():
    if disks.is_inside() or disks.is_to_be_had():
        pytest.skip("a small disk can be had without: the others run as they are")
    if not disks.may_unshare():
        pytest.skip(disks.MAY_NOT)
    argv = ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", "-m", "", __file__]
    done = subprocess.run(argv, env=os.environ | {disks.INSIDE: "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def images_of(home) -> int:
    return images.count(home.db, images.Filter())


def test_an_import_of_more_than_fits_keeps_what_it_took_and_takes_the_rest_later(disk, home, tmp_path):
    home.take(pictures(tmp_path / "before", 8, edge=128))
    source = pictures(tmp_path / "more", 24, edge=512)  # a megabyte each, with its pixels
    disk.fill(leave=6 * MEGABYTE)
    job_id = import_request.submit(
        home.db, home.settings, ImportRequest(source), by="tester", key="full", launcher=LocalLauncher(home.settings)
    )
    until(lambda: job_queue.get(home.db, job_id).state.is_finished)
    job = job_queue.get(home.db, job_id)
    if job.state is JobState.SUCCEEDED:
        refused = [one["reason"] for one in job.result["refused"] if one["file"] != "data.csv"]
        assert refused
        assert all("free some space" in reason and is_sentence(reason) for reason in refused)
        assert job.result["imported"] + len(refused) + 1 == job.result["found"]
    else:  # so full that the catalogue, too, could not write
        assert (job.state, is_sentence(job.error), "free some space" in job.error) == (JobState.FAILED, True, True)
    assert 8 <= check_whole(home) < 32
    assert drafts(home.settings.home) == []
    disk.clear()
    report = home.take(source)
    assert report.imported + report.known == 24
    assert check_whole(home) == 32


@pytest.mark.slow
def test_a_disk_without_a_byte_left_is_one_sentence_for_every_command(disk, home, tmp_path):
    home.take(pictures(tmp_path / "before", 8))
    source = pictures(tmp_path / "more", 4, edge=256)
    home.db.close()
    disk.fill()
    for argv in (["import", source], ["jobs"], ["runs"], ["doctor"]):
        done = rounds(home.settings.home, *argv)
        message = done.stderr.strip()
        assert done.returncode in (0, 1)
        assert "Traceback" not in done.stdout + message
        assert not message or is_sentence(message), message
    done = rounds(home.settings.home, "import", source)
    assert "free some space" in done.stdout + done.stderr
    disk.clear()
    assert check_whole(home) == 8
    assert rounds(home.settings.home, "import", source).returncode == 0
    assert check_whole(home) == 12
    assert drafts(home.settings.home) == []


def test_an_answer_that_cannot_be_written_is_not_acknowledged_and_is_taken_once_there_is_room(disk, home, tmp_path):
    home.take(pictures(tmp_path / "some", 8))
    shutil.rmtree(home.settings.folder("thumbnails"))  # so that they are made when they are looked at
    task = tasks.create(home.db, name="kind", classes=["a", "b"])
    cases = annotations.queue(home.db, task_id=task.id)
    given: list[tuple[int, int]] = []
    with Served(home, tmp_path / "said.txt") as server:
        assert server.label(cases[0], 0).status_code == 200
        given.append((cases[0].id, 0))
        disk.fill()
        for number in range(5000):  # the write-ahead log has room for some
            case, position = cases[number % 8], number % 2
            answer = server.label(case, position, key=f"answer-{number:06}")
            if answer.status_code != 200:
                break
            given.append((case.id, position))
        assert answer.status_code == 503
        assert is_sentence(answer.json()["error"])
        assert "free some space" in answer.json()["error"]
        thumbnail = server.client.get(server.signed(f"/api/thumbnail/{cases[0].image_ids[0]}"))
        assert (thumbnail.status_code, is_sentence(thumbnail.json()["error"])) == (503, True)
        assert server.client.get("/label").status_code == 200
        disk.clear()
        assert server.label(case, position, key=f"answer-{number:06}").status_code == 200
        given.append((case.id, position))
        assert server.client.get(server.signed(f"/api/thumbnail/{cases[0].image_ids[0]}")).status_code == 200
        assert "Traceback" not in server.log.read_text()
    for labelled in cases:
        message = ["ab"[position] for case_id, position in given if case_id == labelled.id]
        assert [line.text for line in annotations.history(home.db, labelled.id)] == message


def weights(home, run: int, kind: str):
    return read_weights(runs.folder(home.settings, run) / f"{kind}.safetensors")


@pytest.mark.slow
def test_a_training_whose_checkpoint_does_not_fit_fails_and_goes_on_once_there_is_room(disk, home, tmp_path):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=60)
    until(lambda: runs.get(home.db, made.run).best_epoch is not None, why=lambda: job_queue.get(home.db, made.job))
    disk.fill(leave=600_000)  # room for its row, none for its weights
    job = ended(home, made.job)
    assert (job.state, job.attempt) == (JobState.FAILED, 1)
    assert is_sentence(job.error)
    assert "free some space" in job.error
    assert weights(home, made.run, "best")[1].epoch >= 1
    epochs = weights(home, made.run, "last")[1].epoch  # the state of that epoch may be what did not fit
    assert drafts(home.settings.home) == []
    disk.clear()
    job_queue.requeue(home.db, made.job)
    LocalLauncher(home.settings).wake()
    job = ended(home, made.job)
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 2, None)
    assert any(f"Resuming after epoch {one} " in runs.log(home.settings, made.run) for one in (epochs - 1, epochs))
    assert weights(home, made.run, "last")[1].epoch == 60


@pytest.mark.slow
def test_a_training_without_a_byte_left_for_its_row_waits_and_goes_on_once_there_is_room(disk, home, tmp_path):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=60)
    until(lambda: runs.get(home.db, made.run).best_epoch is not None, why=lambda: job_queue.get(home.db, made.job))
    disk.fill()
    until(lambda: job_queue.get(home.db, made.job).state.is_finished or retry.wait_reason(home.settings, made.job))
    waits = retry.wait_reason(home.settings, made.job)
    assert waits is None or (is_sentence(waits) and "free some space" in waits)
    disk.clear()
    job = ended(home, made.job)
    if job.state is JobState.FAILED:  # what had no room was a checkpoint, or the run's own log
        assert is_sentence(job.error)
        assert "free some space" in job.error
        job_queue.requeue(home.db, made.job)
        LocalLauncher(home.settings).wake()
        job = ended(home, made.job)
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    assert weights(home, made.run, "last")[1].epoch == 60
    assert drafts(home.settings.home) == []


@pytest.mark.slow
def test_a_map_and_predictions_that_cannot_be_filed_are_one_sentence(disk, home, tmp_path):
    made = started(home, frozen(home, pictures(tmp_path / "some", 48)), epochs=1)
    ended(home, made.job)
    submitted = predictions.submit(
        home.db, run_id=made.run, split="all", by="tester", key="p", launcher=LocalLauncher(home.settings)
    )
    ended(home, submitted.job)
    seen = predictions.list_predictions(home.db, made.run)[0]
    path = f"/api/map/{made.run}/{seen.image_id}/gradcam"
    with Served(home, tmp_path / "said.txt", THREAD) as server:
        disk.fill()
        answer = server.client.get(server.signed(path))
        assert answer.status_code == 503
        assert is_sentence(answer.json()["error"])
        disk.clear()
        assert server.client.get(server.signed(path)).status_code == 200
    assert drafts(home.settings.home) == []
    assert maps.explain(home.db, home.settings, run_id=made.run, image_id=seen.image_id).probability is not None
