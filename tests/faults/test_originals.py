"""Originals gone or changed, pixels gone: found before a model learns from them, named, mended by importing again."""

import shutil

import pytest

from core.imaging.store import Store
from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.services.images import images
from core.services.predictions import predictions
from core.worker import runner
from db.vocabulary import JobState
from tests.faults.pages import page_of
from tests.faults.places import Asleep, Served, check_whole, frozen, home_at, is_sentence, pictures, started


@pytest.fixture
def home(tmp_path):
    with home_at(tmp_path / "home") as made:
        yield made


@pytest.fixture
def source(tmp_path):
    return pictures(tmp_path / "some", 24)


def work(home, job_id: int) -> JobView:
    """One attempt, here."""
    attempt = job_queue.claim(home.db, job_id)
    runner.run_job(home.db, home.settings, job_id, attempt=attempt, device="cpu")
    return job_queue.get(home.db, job_id)


def change(path) -> None:
    """One bit of one byte in the middle."""
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


HARMS = {
    "changed": (change, "has changed since it was imported"),
    "emptied": (lambda path: (path.chmod(0o600), path.write_bytes(b"")), "has changed since it was imported"),
    "gone": (lambda path: path.unlink(), "is missing"),
}


@pytest.mark.parametrize("harm", ["changed", "gone", pytest.param("emptied", marks=pytest.mark.slow)])
def test_no_model_learns_from_it_and_importing_it_again_mends_it(home, source, harm, monkeypatch):
    spoil, message = HARMS[harm]
    made = started(home, frozen(home, source), epochs=1, launcher=Asleep())
    harmed = images.get(home.db, 7)
    spoil(Store(home.settings.home).original(harmed.sha256))
    job = work(home, made.job)
    assert (job.state, is_sentence(job.error)) == (JobState.FAILED, True)
    assert job.error.startswith(f"The original of image 7 ('{harmed.name}', sha256 {harmed.sha256[:12]}) {message};")
    assert "import the original file again and resume" in job.error
    assert job.error in page_of(home.settings, monkeypatch, "runs", run=made.run)
    report = home.take(source)
    assert (report.imported, report.known) == (0, 24)
    assert check_whole(home) == 24
    job_queue.requeue(home.db, made.job)
    assert work(home, made.job).state is JobState.SUCCEEDED


@pytest.mark.slow
def test_one_left_where_it_was_is_looked_at_there(home, source):
    made = started(home, frozen(home, source, reference=True), epochs=1, launcher=Asleep())
    file, original = source / "p003.png", source.parent / "kept.png"
    file.rename(original)
    assert " is missing;" in work(home, made.job).error
    original.rename(file)
    shutil.copy(file, original)
    change(file)
    job_queue.requeue(home.db, made.job)
    assert " changed since it was imported;" in work(home, made.job).error
    original.rename(file)
    job_queue.requeue(home.db, made.job)
    assert work(home, made.job).state is JobState.SUCCEEDED


def test_the_viewer_needs_no_original_and_says_whose_pixels_are_gone(home, source, tmp_path):
    home.take(source)
    first, second, *_ = images.page(home.db, images.Filter())
    store = Store(home.settings.home)
    store.original(first.sha256).unlink()
    store.pixels(second.sha256).unlink()
    shutil.rmtree(home.settings.folder("thumbnails"))
    with Served(home, tmp_path / "said.txt") as server:

        def shown(row) -> list[tuple[int, str]]:
            got = [
                server.client.get(server.signed(path))
                for path in (f"/api/pixels/{row.id}/0", f"/api/thumbnail/{row.id}")
            ]
            return [(one.status_code, "" if one.is_success else one.json()["error"]) for one in got]

        message = f"The pixels of image {second.id} are gone from the store; import its file '{second.name}' again."
        assert shown(first) == [(200, "")] * 2
        assert shown(second) == [(404, message)] * 2
        home.take(source)
        assert shown(second) == [(200, "")] * 2
    assert check_whole(home) == 24


def test_a_prediction_without_its_pixels_is_one_sentence_and_goes_on_once_they_are_back(home, source):
    made = started(home, frozen(home, source), epochs=1, launcher=Asleep())
    assert work(home, made.job).state is JobState.SUCCEEDED
    submitted = predictions.submit(home.db, run_id=made.run, split="test", by="tester", key="p", launcher=Asleep())
    for row in images.page(home.db, images.Filter()):
        Store(home.settings.home).pixels(row.sha256).unlink()
    job = work(home, submitted.job)
    assert (job.state, is_sentence(job.error)) == (JobState.FAILED, True)
    assert "import the file again and resume" in job.error
    assert predictions.list_predictions(home.db, made.run) == []
    home.take(source)
    job_queue.requeue(home.db, submitted.job)
    job = work(home, submitted.job)
    assert (job.state, job.error) == (JobState.SUCCEEDED, None)
    assert len(predictions.list_predictions(home.db, made.run)) == job.result["images"] > 0
