"""Files that no row names are counted and swept; what a running import, server or training writes is left alone."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from core.imaging.staging_folder import ENDING, draft
from core.imaging.store import Store
from core.jobs import locks
from core.services.images import images
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.workspace.erasure import orphans
from tests.core.services.workspace.test_doctor import looked

HOUR_S = 3_600


def aged(path: Path, *, hours: float = 2) -> Path:
    """A file that was last written that long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"left")
    os.utime(path, times=(time.time() - hours * HOUR_S,) * 2)
    return path


def stored(home) -> set[Path]:
    return {path for name in ("originals", "pixels", "thumbnails") for path in (home.settings.home / name).rglob("*.*")}


KILLED = """
import os, signal, sys
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from pathlib import Path

settings = Settings.read(sys.argv[1])


def die(db, request, batch, report, **_):
    if any(item.images for item in batch):
        os.kill(os.getpid(), signal.SIGKILL)
    return report


import_files.write_batch = die
list(import_files.run(open_home(settings), settings, ImportRequest(Path(sys.argv[2])), by="x"))
"""


def test_what_a_killed_import_leaves_is_counted_and_swept(filled, tmp_path):
    from tests.core.conftest import small_pictures

    more = small_pictures(tmp_path / "more")
    (more / "p00.png").write_bytes((more / "p00.png").read_bytes() + b"another file")
    before = stored(filled)
    done = subprocess.run([sys.executable, "-c", KILLED, str(filled.settings.home), str(more)], check=False)
    assert done.returncode == -signal.SIGKILL
    left = stored(filled) - before
    assert len(left) >= 2  # pixels and a thumbnail; the original has no ending
    assert "files that no row names" in looked(filled)["orphans"].detail
    result = orphans.sweep(filled.db, filled.settings)
    assert (result.files > len(left), result.bytes > 0, result.note) == (True, True, "")
    assert stored(filled) == before
    assert looked(filled)["orphans"].detail == "every file has a row"
    store = Store(filled.settings.home)
    assert all(store.is_intact(one.sha256) for one in images.page(filled.db, images.Filter()))


def test_files_of_a_running_import_are_not_swept(home, pictures, monkeypatch):
    monkeypatch.setattr(import_files, "FLUSH_IMAGES", 1)
    stray = aged(home.settings.home / "originals" / "ab" / ("ab" * 32))
    running = import_files.run(home.db, home.settings, ImportRequest(pictures), by="x")
    next(running)
    assert orphans.sweep(home.db, home.settings) == orphans.SweepReport(note=orphans.BUSY)
    assert "An import is running" in looked(home)["orphans"].detail
    assert stray.exists()
    *_, report = running
    assert report.images == 12
    assert orphans.sweep(home.db, home.settings).files == 1
    store = Store(home.settings.home)
    assert all(store.is_intact(one.sha256) for one in images.page(home.db, images.Filter()))


def test_an_import_waits_for_a_sweep(home, pictures):
    lock = import_files.files_lock(home.settings)
    with ThreadPoolExecutor(1) as pool:
        with locks.alone(lock) as free:
            importing = pool.submit(home.take, pictures)
            assert (free, wait([importing], timeout=0.5).done) == (True, set())
        assert importing.result().images == 12


@pytest.mark.parametrize(
    "name",
    [
        "thumbnails/ab/.{sha}-256.jpg.0123456789ab",
        "maps/.x.png.0123456789ab",
        "cache/.x.u16.0123456789ab",
        "runs/1/.best.safetensors.0123456789ab",
        "keys/pseudonym.0123456789abcdef",
    ],
)
def test_a_draft_is_swept_when_nobody_can_be_writing_it_any_more(filled, name):
    sha256 = images.page(filled.db, images.Filter())[0].sha256
    path = filled.settings.home / name.format(sha=sha256)
    aged(path, hours=0.5)
    assert orphans.sweep(filled.db, filled.settings).files == 0
    aged(path)
    assert orphans.sweep(filled.db, filled.settings).files == 1
    assert not path.exists()


def test_a_staging_folder_is_swept_once_its_owner_is_gone(filled):
    folder = filled.settings.home.parent
    left = folder / f".home.killed{ENDING}"
    left.mkdir()
    (left / "half").write_bytes(b"half")
    aged(left)
    assert orphans.look(filled.db, filled.settings).files == 1
    with draft(folder, "other") as working:  # which sweeps what nobody holds
        aged(working)
        assert orphans.sweep(filled.db, filled.settings).files == 0
        assert working.exists()


@pytest.mark.parametrize(
    "name", ["originals/readme.txt", "originals/ab/notes", "weights/mine.pt", "inbox/x.0123456789abcdef"]
)
def test_files_of_people_stay(filled, name):
    path = aged(filled.settings.home / name)
    assert orphans.sweep(filled.db, filled.settings).files == 0
    assert path.exists()
