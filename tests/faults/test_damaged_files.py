"""Damaged files of all formats, imported through a server: each is accounted for, and nothing falls over.

`ROUNDS_DAMAGED_FILES=5000 python -m pytest -m slow tests/faults/test_damaged_files.py` tries more of them.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil
import pytest
from playwright.sync_api import expect

from core.jobs import job_queue
from core.services.imports.import_files import ImportReport
from core.services.workspace import home
from core.settings import Settings
from tests.browser.servers import Server

COUNT = int(os.environ.get("ROUNDS_DAMAGED_FILES", "250"))
MOST_BYTES, SECONDS = 300 << 20, 3600.0
IMAGE_FORMATS = "nifti/*.nii*", "dicom/**/*", "series/**/*.dcm", "reports/**/*", "cxr/nih64/*"


def flip(draw: Random, data: bytearray) -> None:
    for _ in range(draw.randint(1, 20)):
        data[draw.randrange(len(data))] = draw.randrange(256)


def flip_header(draw: Random, data: bytearray) -> None:
    data[draw.randrange(min(len(data), 512))] = draw.choice([0, 1, 127, 128, 255])


def truncate(draw: Random, data: bytearray) -> None:
    del data[draw.randrange(len(data)) :]


def cut_out(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.randint(1, 64)]


def repeat(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    data[at:at] = data[at : at + draw.randint(1, 64)]


def blank(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    end = min(len(data), at + draw.randint(1, 4096))
    data[at:end] = bytes([draw.choice([0, 255])]) * (end - at)


DAMAGES: list[Callable[[Random, bytearray], None]] = [flip, flip_header, truncate, cut_out, repeat, blank]


def damaged(data_dir: Path, folder: Path) -> None:
    """Write files that are each another damaged copy of a real image."""
    sources = sorted({path for glob in IMAGE_FORMATS for path in data_dir.glob(glob) if path.is_file()})
    small = [path for path in sources if 0 < path.stat().st_size < 1 << 20]
    folder.mkdir()
    for number in range(COUNT):
        draw = Random(number)
        source = draw.choice(small)
        data = bytearray(source.read_bytes())
        draw.choice(DAMAGES)(draw, data)
        (folder / f"{number:05}{source.suffix}").write_bytes(data)


def parents(server: Server) -> Iterator[psutil.Process]:
    """The server's process, and that of the import: those whose own memory must stay small."""
    yield psutil.Process(server.process.pid)
    for process in psutil.process_iter(["cmdline"]):
        argv = process.info["cmdline"] or []
        if str(server.home) in argv and "work" in argv:
            yield process


def resident(processes: Iterable[psutil.Process]) -> int:
    """The memory of the largest of the processes, in bytes."""
    sizes = [0]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            sizes.append(process.memory_info().rss)
    return max(sizes)


def until_visible(locator, server: Server) -> int:
    """Wait until an element of the page is visible; return the most memory that a parent had meanwhile, in bytes."""
    most, end = 0, time.monotonic() + SECONDS
    while not locator.is_visible():
        assert time.monotonic() < end
        most = max(most, resident(parents(server)))
        locator.page.wait_for_timeout(250)
    return most


@pytest.mark.slow
@pytest.mark.browser
def test_each_damaged_file_is_accounted_for_and_the_server_stays(data_dir, tmp_path, serve, page):
    damaged(data_dir, tmp_path / "damaged")
    server = serve(tmp_path / "home", roots=[tmp_path])
    page.goto(f"{server.url}/import")
    page.get_by_role("button", name=re.compile(r"icon damaged ")).click()
    expect(page.get_by_label("Folder, file or archive")).to_have_value(str(tmp_path / "damaged"))
    page.get_by_role("button", name="Preview import").last.click()
    most = until_visible(page.get_by_role("button", name=re.compile(r"Import [\d,]+ image")), server)
    page.get_by_role("button", name=re.compile(r"Import [\d,]+ image")).click()
    most = max(most, until_visible(page.get_by_text("Images of this import"), server))
    db = home.open_home(Settings.read(server.home))
    report, preview = [ImportReport.from_json(job.result) for job in job_queue.list_jobs(db)]
    db.close()
    assert (preview.imported, preview.refused) == (report.imported, report.refused)
    assert report.files_found == report.imported + report.known + len(report.refused) + len(report.unlisted) == COUNT
    assert report.imported > COUNT / 20
    assert len(report.refused) > COUNT / 20
    assert all(one.reason.endswith(".") and "Traceback" not in one.reason for one in report.refused)
    assert most <= MOST_BYTES, most >> 20
    page.goto(f"{server.url}/images")
    thumbnails = page.locator("img[src*='/api/thumbnail/']")
    expect(thumbnails).to_have_count(min(report.images, 48))
    for thumbnail in thumbnails.all():
        assert page.request.get(f"{server.url}{thumbnail.get_attribute('src')}").ok
    assert server.process.poll() is None
    assert "Traceback" not in server.log.read_text()
