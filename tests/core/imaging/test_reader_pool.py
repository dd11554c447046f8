"""Reading in children: one that dies, hangs or is fed rubbish costs one file."""

import hashlib
import io
import json
import os
import re
import signal
import zipfile
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic

import numpy as np
import psutil
import pytest
from PIL import Image

from core.imaging import reader_pool, reader_process
from core.imaging.reader_pool import AlreadyImported, FileRejection, ReadFile, list_files
from core.imaging.store import Store
from tests.core.imaging.results import read_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    for number in range(6):
        Image.fromarray(np.full((4, 4), number, np.uint8)).save(made / f"{number}.png")
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def test_an_import_leaves_a_thumbnail_of_every_picture_and_a_dry_run_none(folder: Path, store: Store):
    list(read_files(list_files(folder), store=None))
    assert not store.home.exists()
    results = list(read_files(list_files(folder), store=store))
    drawn = {path.name for path in (store.home / "thumbnails").rglob("*.jpg")}
    assert drawn == {f"{result.sha256}-256.jpg" for result in results if isinstance(result, ReadFile)}
    assert len(drawn) == 6


def hanging(folder: Path, name: str = "2-hangs.png") -> Path:
    """A file whose opening never ends: a pipe that nobody writes to, which no listing names."""
    os.mkfifo(folder / name)
    return folder / name


def readers() -> list[psutil.Process]:
    pids = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # zombies, too: detached processes of other tests end as such
            if "core.imaging.reader_process" in child.cmdline():
                pids.append(child)
    return pids


def test_files_are_read_and_kept_byte_identical(folder: Path, store: Store):
    before = {path: path.read_bytes() for path in list_files(folder)}
    results = list(read_files(list_files(folder), store=store))
    assert {result.path for result in results} == set(before)
    for result in results:
        assert isinstance(result, ReadFile)
        assert result.sha256 == hashlib.sha256(before[result.path]).hexdigest()
        assert store.original(result.sha256).read_bytes() == before[result.path] == result.path.read_bytes()
        assert store.pixels(result.sha256).read_bytes() == bytes([int(result.path.stem)]) * 16


def test_a_child_killed_in_the_middle_costs_one_file(folder: Path, store: Store):
    stuck = hanging(folder)

    results = []
    for result in read_files([*list_files(folder), stuck], store=store):
        results.append(result)
        if len(results) == 6:  # all but the one that is stuck: whoever still reads is its reader
            for child in readers():
                child.send_signal(signal.SIGKILL)
    refused = [result for result in results if isinstance(result, FileRejection)]
    assert [one.path for one in refused] == [stuck]
    assert "crash" in refused[0].reason
    assert len([result for result in results if isinstance(result, ReadFile)]) == 6


def test_a_reader_starts_no_threads(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    threads = [
        [reader.num_threads() for reader in readers()]
        for result in reader_pool.read_files_polling(list_files(folder), store=store)
        if result is not None
    ]
    assert all(set(counts) == {1} for counts in threads), threads


def test_a_file_that_takes_too_long_costs_one_file(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader_pool, "SECONDS", 1.5)
    stuck = hanging(folder)
    results = list(read_files([*list_files(folder), stuck], store=store))
    (refused,) = [result for result in results if isinstance(result, FileRejection)]
    assert refused.path == stuck
    assert "could not be read within" in refused.reason
    assert len(results) == 7


@pytest.mark.parametrize("ahead", [2, 1000])
def test_files_come_in_their_order_however_long_each_takes(
    ahead: int, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reader_pool, "SECONDS", 1.5)
    monkeypatch.setattr(reader_pool, "AHEAD", ahead)
    paths = [hanging(folder, "slow.png"), *list_files(folder), folder / "0.png"]
    assert [result.path for result in read_files(paths, store=store)] == paths


def test_the_time_that_its_taker_needs_is_not_the_readers(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch):
    passed = [0.0]
    monkeypatch.setattr(reader_pool, "monotonic", lambda: monotonic() + passed[0])
    results = []
    for result in reader_pool.read_files_polling(list_files(folder), store=store):
        passed[0] += 3600.0  # a locked catalogue, say
        results.append(result)
    assert sum(isinstance(result, ReadFile) for result in results) == 6


def test_known_files_are_not_decoded(folder: Path, store: Store):
    list(read_files(list_files(folder), store=store))
    times = {path: path.stat().st_mtime_ns for path in store.home.rglob("*") if path.is_file()}
    hashes: list[str] = []

    def known(sha256: str) -> bool:
        hashes.append(sha256)
        return True

    results = list(read_files(list_files(folder), store=store, known=known))
    assert all(isinstance(result, AlreadyImported) for result in results)
    assert sorted(hashes) == sorted(result.sha256 for result in results)
    assert {path: path.stat().st_mtime_ns for path in store.home.rglob("*") if path.is_file()} == times


def test_a_dry_run_reads_everything_and_writes_nothing(folder: Path, tmp_path: Path):
    before = sorted(tmp_path.rglob("*"))
    results = list(read_files(list_files(folder), store=None))
    assert [type(result) for result in results] == [ReadFile] * 6
    assert sorted(tmp_path.rglob("*")) == before


def test_closing_ends_the_children(folder: Path, store: Store):
    results = read_files(list_files(folder), store=store)
    next(results)
    assert readers()
    results.close()
    assert not readers()


@pytest.mark.parametrize(("few", "hangs", "most"), [(24, False, 1), (5, False, 2), (24, True, 2)])
def test_few_files_are_read_by_one_child_unless_it_takes_long(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch, few: int, hangs: bool, most: int
):
    monkeypatch.setattr(reader_pool, "FEW", few)
    monkeypatch.setattr(reader_pool, "ALONE_S", 0.5 if hangs else 60.0)
    paths = [*([hanging(folder, "slow.png")] if hangs else []), *list_files(folder)]
    count = 0
    with closing(reader_pool.read_files_polling(paths, store=store)) as results:
        for result in results:
            count = max(count, len(readers()))
            if result is not None or count == 2:
                break
    assert count == most


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"PK\x03\x04 something else", "is a zip archive"),
        (b"plain words\n", "is a text file"),
        (bytes(range(256)) * 20, "is not an image"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "damaged or truncated picture"),
        (b"\x00" * 128 + b"DICM", "no data elements|damaged|without"),
    ],
)
def test_what_is_no_image_is_refused_with_one_sentence(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "file.dcm").write_bytes(content)
    (refused,) = read_files([tmp_path / "file.dcm"], store=None)
    assert isinstance(refused, FileRejection)

    assert re.search(message, refused.reason)
    assert refused.reason.endswith(".")


def test_a_file_that_is_gone_is_refused(tmp_path: Path):
    (refused,) = read_files([tmp_path / "gone.png"], store=None)
    assert isinstance(refused, FileRejection)
    assert "cannot be opened" in refused.reason


def test_a_header_that_wants_all_memory_costs_one_file(folder: Path, store: Store):
    # An npy header of 64 GB in front of no data.

    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (1 << 22, 128, 128)})
    with zipfile.ZipFile(folder / "3-bomb.npz", "w") as archive:
        archive.writestr("train_images.npy", head.getvalue())
    results = list(read_files(list_files(folder), store=store))
    (refused,) = [result for result in results if isinstance(result, FileRejection)]
    assert refused.path.name == "3-bomb.npz"
    assert len(results) == 7


def test_find_counts_litter_and_hidden_files_in_a_steady_order(tmp_path: Path):
    for name in ("b/.DS_Store", "b/x.png", "a/Thumbs.db", "z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.relative_to(tmp_path).as_posix() for path in list_files(tmp_path)] == [
        "a/Thumbs.db",
        "b/.DS_Store",
        "b/x.png",
        "z",
    ]
    assert list_files(tmp_path / "z") == [tmp_path / "z"]


def test_a_number_that_json_has_not_costs_one_file():
    out = io.StringIO()
    reader_process._send(out, {"images": [{"format": {"low": float("nan")}}]})
    assert "no finite numbers" in json.loads(out.getvalue())["refused"]
