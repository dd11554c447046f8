"""Pixels that lie in the original as they are wanted are stored once, and begin at the same place however they are."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from core.imaging.importers import find_importer
from core.imaging.ingest import SourceFile, store_file
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from tests.benchmarks.dicom import write_files


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    write_files(tmp_path / "files", 1, edge=60)
    return tmp_path / "files" / "IM000000.dcm"


def stored(path: Path, store: Store, *, at: int | None = None, reference: bool = False) -> tuple[int, np.ndarray]:
    """Where the pixels begin, and what is read there."""
    data = path.read_bytes()
    original = SourceFile(path, hashlib.sha256(data).hexdigest(), data, at)
    importer = find_importer(data[:4096])
    (entries,) = store_file(original, importer.read(path, data), store, reference=reference)
    format = PixelFormat.from_json(entries["format"])
    samples = read_samples(store.pixels(original.sha256), format, offset=entries["offset"])[0, ..., 0]
    return entries["offset"], samples.astype(np.int64) * int(format.slope) + int(format.intercept)


def pixels(store: Store) -> Path:
    (path,) = (path for path in (store.home / "pixels").rglob("*") if path.is_file())
    return path


def original(store: Store) -> Path:
    (path,) = (path for path in (store.home / "originals").rglob("*") if path.is_file())
    return path


def test_plain_pixels_are_stored_once(store, plain):
    for _ in range(2):  # again: what is there already stays the same file
        offset, samples = stored(plain, store)
        assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
        assert offset == len(plain.read_bytes()) - 60 * 60 * 2
        assert original(store).read_bytes() == plain.read_bytes()
        assert pixels(store).samefile(original(store))


def test_without_second_names_they_are_written_to_the_same_place(store, plain, monkeypatch):
    shared, _ = stored(plain, Store(store.home / "other"))

    def refused(*_):
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refused)
    offset, samples = stored(plain, store)
    assert offset == shared
    assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
    assert not pixels(store).samefile(original(store))


def test_of_a_referred_original_only_the_pixels_are_written_and_nobodys_name(store, plain):
    offset, samples = stored(plain, store, reference=True)
    assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
    assert pixels(store).read_bytes()[:offset] == bytes(offset)
    assert store.original(hashlib.sha256(plain.read_bytes()).hexdigest()) == plain


@pytest.mark.parametrize("at", [0, 2, 4096])
def test_they_are_written_where_the_catalogue_has_them(store, plain, at):
    offset, samples = stored(plain, store, at=at)
    assert offset == at
    assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
    assert not pixels(store).samefile(original(store))


@pytest.mark.parametrize("change", [{"PixelRepresentation": 1}, {"BitsStored": 12, "HighBit": 11}])
def test_pixels_that_had_to_be_changed_are_written(store, plain, change):
    header = pydicom.dcmread(plain)
    for name, value in change.items():
        setattr(header, name, value)
    header.save_as(plain)
    offset, samples = stored(plain, store)
    assert offset == 0
    assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
    assert pixels(store).stat().st_size == 60 * 60 * 2


def test_twelve_bits_with_nothing_in_the_other_four_lie_as_they_are_wanted(store, plain):
    header = pydicom.dcmread(plain)
    header.PixelData = (header.pixel_array >> 4).tobytes()
    header.BitsStored, header.HighBit = 12, 11
    header.save_as(plain)
    _, samples = stored(plain, store)
    assert np.array_equal(samples, pydicom.dcmread(plain).pixel_array)
    assert pixels(store).samefile(original(store))


def test_a_picture_is_decoded_and_written(store, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30)).save(path)
    offset, samples = stored(path, store)
    assert offset == 0
    assert np.array_equal(samples, np.arange(600).reshape(20, 30))
