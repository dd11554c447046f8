"""What was dropped and only looked at is deleted after its use or a day; jobs and logs name nobody."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from core.errors import InvalidInput
from core.imaging.identity.sentences import hide_in_sentence, safe_traceback
from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.services.imports import import_request, inbox, leftovers, readable_notes
from core.services.imports.import_request import ImportRequest
from core.services.workspace import doctor
from core.worker import runner
from core.worker.runner import run_job
from db.vocabulary import JobKind
from tests.core.conftest import Home

NAME = "Mueller_Anna_19610317.png"


class Asleep:
    """A launcher that starts nothing."""

    def wake(self) -> None:
        pass

    def devices(self) -> list[str]:
        return ["cpu"]

    def alive(self, _job_id: int) -> bool:
        return False


@pytest.fixture
def dropped(home: Home, tmp_path: Path) -> Path:
    Picture.fromarray(np.eye(5, dtype=np.uint8)).save(tmp_path / NAME)
    return inbox.save(home.settings, [(NAME, (tmp_path / NAME).read_bytes())])


def done(home: Home, request: ImportRequest, key: str) -> JobView:
    job = import_request.submit(home.db, home.settings, request, by="tester", key=key, launcher=Asleep())
    attempt = job_queue.claim(home.db, job)
    run_job(home.db, home.settings, job, attempt=attempt or 0, device="import")
    return job_queue.get(home.db, job)


def lying(home: Home) -> list[Path]:
    return list(home.settings.folder("inbox").iterdir())


def age(path: Path, hours: float) -> None:
    os.utime(path, (time.time() - hours * 3600,) * 2)


def test_a_preview_that_is_used_leaves_nothing(home: Home, dropped: Path):
    preview = done(home, ImportRequest(dropped, dry_run=True), "look")
    request = import_request.load_request(home.settings, preview)
    assert lying(home) == [dropped]
    done(home, ImportRequest(request.path), "import")
    assert lying(home) == []


def test_what_was_only_looked_at_is_swept_after_a_day_and_what_waits_is_not(home: Home, dropped: Path):
    done(home, ImportRequest(dropped, dry_run=True), "look")
    waits = inbox.save(home.settings, [("a.png", b"x")])
    import_request.submit(home.db, home.settings, ImportRequest(waits), by="t", key="waits", launcher=Asleep())
    assert leftovers.sweep(home.db, home.settings) == 0
    notes = list(home.settings.folder("imports").iterdir())
    for path in (*lying(home), *notes):
        age(path, 25)
    assert leftovers.sweep(home.db, home.settings) == 2  # the file, and the readable report
    assert lying(home) == [waits]
    for path in notes:
        if path.exists():
            age(path, 8 * 24)
    assert leftovers.sweep(home.db, home.settings) == 1  # the request of the preview
    assert import_request.read_request(home.settings, "waits").path == waits


def test_two_imports_of_a_folder_do_not_take_each_others_request(home: Home, pictures: Path):
    import_request.submit(home.db, home.settings, ImportRequest(pictures), by="t", key="other", launcher=Asleep())
    assert done(home, ImportRequest(pictures), "first").state == "succeeded"
    other = job_queue.list_jobs(home.db, kind=JobKind.IMPORT)[1]
    assert import_request.load_request(home.settings, other).path == pictures


def test_a_server_that_starts_sweeps(home: Home, dropped: Path):
    from dashboard.server import app_server

    age(dropped, 25)
    app_server.create(home.settings, port=1, token=None)
    assert lying(home) == []


def test_the_doctor_says_what_lies_there(home: Home, dropped: Path):
    def check() -> doctor.Check:
        return next(one for one in doctor.check(home.db, home.settings, Asleep()) if one.name == "inbox")

    assert (check().ok, check().detail) == (True, "1 lots of sent files, deleted after a day")
    age(dropped, 25)
    assert not check().ok
    assert "deleted when Rounds starts" in check().detail


def test_the_preview_of_a_job_is_readable_for_a_day_and_its_row_is_not(home: Home, dropped: Path):
    job = done(home, ImportRequest(dropped, dry_run=True), "look")
    (note,) = readable_notes.readable_report(home.settings, job).notes
    assert note.examples == (NAME,)
    assert "Mueller" not in json.dumps(job.result)
    import_request.request_path(home.settings, "look", readable_notes.READABLE).unlink()
    (note,) = readable_notes.readable_report(home.settings, job).notes
    assert note.examples == ("…_…_….png",)


def test_the_error_of_a_job_names_nobody_but_its_page_does(home: Home, tmp_path: Path):
    folder = tmp_path / "Anna Mueller"
    job = done(home, ImportRequest(folder), "gone")
    assert job.error is not None
    assert job.error.endswith("does not exist; give a folder or a file that exists.")
    assert "Anna" not in job.error
    assert "Mueller" not in job.error
    assert str(folder) in str(readable_notes.readable_error(home.settings, job))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file", "/data/Mueller Anna/1.png"), "FileNotFoundError"),
        (KeyError("Mueller_Anna.png"), "KeyError"),
        (ValueError("invalid value 'Mueller^Anna' for VR PN"), "invalid value"),
    ],
)
def test_the_log_of_a_fault_of_ours_has_its_lines_but_no_name(
    home: Home, pictures: Path, monkeypatch, caplog, error: Exception, words: str
):
    def broken(_attempt: object) -> None:
        raise error

    monkeypatch.setitem(runner.HANDLERS, JobKind.IMPORT, broken)
    with caplog.at_level(logging.ERROR):
        job = done(home, ImportRequest(pictures), "broken")
    assert "in broken" in caplog.text
    assert words in caplog.text
    assert "Mueller" not in caplog.text + str(job.error)
    assert "Anna" not in caplog.text + str(job.error)


@pytest.mark.parametrize(
    "sentence",
    [
        "The metadata file t.csv has two rows for {}: 'a' and '{}'; keep one of them.",
        "'{}' is labelled 'ill', which is not a class of task 'sick' (no, yes); correct the CSV.",
        "The metadata file t.csv lists '{}' again in line 7 with other values; keep one line per file.",
    ],
)
@pytest.mark.parametrize("name", [NAME, "Anna Mueller.png", "王小东_胸片.dcm", "Иванов Пётр.png"])
def test_sentences_name_nobody(sentence: str, name: str):
    hidden = hide_in_sentence(sentence.format(name, name))
    assert not [word for word in ("Mueller", "Anna", "19610317", "王小东", "Иванов", "Пётр") if word in hidden]
    assert hidden.split()[-1] == sentence.split()[-1]


def test_a_traceback_of_several_errors_names_nobody():
    def chained(inner: Callable[[], object]) -> BaseException:
        try:
            inner()
        except OSError as error:
            wrapped = InvalidInput("Otto Schulze's file cannot be read")
            wrapped.__cause__ = error
            return wrapped
        raise AssertionError

    text = safe_traceback(chained(lambda: Path("/nowhere/Mueller_Anna.png").read_bytes()))
    assert "FileNotFoundError" in text
    assert not [word for word in ("Schulze", "Otto") if word in text.split("InvalidInput")[-1]]
