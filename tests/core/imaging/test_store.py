"""Files by content hash: byte-identical, closed, verifiable, whole or not there."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import NotFound, RejectedFile
from core.imaging.atomic_write import atomic_write
from core.imaging.store import Store
from core.imaging.voi_lut import format_of_unsigned, read_samples

CONTENT = b"bytes of a patient" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original.dcm"
    path.write_bytes(CONTENT)
    return path


def test_a_kept_original_is_identical_and_read_only(store, original):
    store.put_original(original, SHA)
    store.put_original(original, SHA)
    stored = store.original(SHA)
    assert stored.read_bytes() == CONTENT
    assert stored.stat().st_mode & 0o777 == 0o400
    assert stored == store.home / "originals" / SHA[:2] / SHA
    original.unlink()
    assert store.verify(SHA)


def test_a_changed_original_is_found_out(store, original):
    store.put_original(original, SHA)
    stored = store.original(SHA)
    stored.chmod(0o600)
    stored.write_bytes(CONTENT[:-1] + b"X")
    assert not store.verify(SHA)


def test_a_referred_original_stays_where_it_is_and_is_missed_when_gone(store, original):
    store.put_reference(original, SHA)
    assert store.original(SHA) == original
    assert store.verify(SHA)
    original.unlink()
    with pytest.raises(NotFound, match=f"The original {SHA[:12]} is missing"):
        store.verify(SHA)


def test_an_original_never_kept_is_not_found(store):
    with pytest.raises(NotFound, match="import it again"):
        store.original("0" * 64)


def test_items_lie_one_after_another(store):
    items = [np.full((1, 2, 3, 1), number, dtype=">u2") for number in (1, 2, 258)]
    offsets = store.write_pixels(SHA, items)
    assert offsets == [0, 12, 24]
    _, format = format_of_unsigned(items[0].astype(np.uint16)[..., 0], bits=16, decoder="x")
    assert [int(read_samples(store.pixels(SHA), format, offset=at).max()) for at in offsets] == [1, 2, 258]


def test_pixels_whose_decoding_fails_leave_nothing(store):
    def chunks():
        yield np.zeros((1, 4, 4, 1), np.uint8)
        raise ValueError("damaged further on")

    with pytest.raises(ValueError, match="further on"):
        store.write_pixels(SHA, chunks())
    assert [path for path in store.home.rglob("*") if path.is_file()] == []


def test_a_thumbnail_is_made_once_with_the_greys_of_the_middle_frame(store):
    array = np.stack([np.full((600, 300), grey, np.uint8) for grey in (0, 200, 50)])
    samples, format = format_of_unsigned(array, bits=8, decoder="x")
    store.write_pixels(SHA, [samples])
    path = store.thumbnail(SHA, "train/1", 0, format)
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (128, 256))
        assert abs(int(np.asarray(picture).mean()) - 200) <= 1
    before = path.stat().st_mtime_ns
    assert store.thumbnail(SHA, "train/1", 0, format) == path
    assert path.stat().st_mtime_ns == before
    assert store.thumbnail(SHA, "train/2", 0, format) != path


@pytest.mark.parametrize("shape", [(512, 512), (1030, 700), (40, 300), (256, 1)])
def test_a_thumbnail_made_at_import_is_the_one_made_later(store, shape):
    frames = np.random.default_rng(0).integers(0, 65536, (3, *shape), dtype=np.uint16)
    samples, format = format_of_unsigned(frames, bits=16, decoder="x")
    store.make_thumbnail(SHA, "", samples, format)
    at_import = store.thumbnail(SHA, "", 0, format).read_bytes()  # nothing to make it of: it is there
    store.write_pixels(SHA, [samples])
    (store.home / "thumbnails" / SHA[:2] / f"{SHA}-256.jpg").unlink()
    assert store.thumbnail(SHA, "", 0, format).read_bytes() == at_import


@pytest.mark.parametrize("left", [0, 1, 300])
def test_a_thumbnail_cut_off_by_a_power_cut_is_made_again(store, left):
    samples, format = format_of_unsigned(np.eye(300, dtype=np.uint8)[np.newaxis], bits=8, decoder="x")
    store.write_pixels(SHA, [samples])
    path = store.thumbnail(SHA, "", 0, format)
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    assert store.thumbnail(SHA, "", 0, format).read_bytes() == whole


def test_a_thumbnail_shows_the_mean_of_what_it_leaves_out(store):
    checks = np.indices((512, 512)).sum(axis=0, dtype=np.uint16) % 2 * 65535
    samples, format = format_of_unsigned(checks[np.newaxis].astype(np.uint16), bits=16, decoder="x")
    store.make_thumbnail(SHA, "", samples, format)
    with Image.open(store.thumbnail(SHA, "", 0, format)) as picture:
        assert picture.size == (256, 256)
        assert abs(np.asarray(picture).astype(int) - 128).max() <= 1


def test_what_was_hashed_in_memory_is_kept_without_reading_the_file_again(store, original):
    original.write_bytes(b"written by somebody in between")
    store.put_original(original, SHA, CONTENT)
    assert store.original(SHA).read_bytes() == CONTENT
    assert store.original(SHA).stat().st_mode & 0o777 == 0o400


def test_a_file_that_changed_since_it_was_hashed_is_refused(store, original):
    original.write_bytes(CONTENT[:-1] + b"X")
    with pytest.raises(RejectedFile, match="changed while it was read"):
        store.put_original(original, SHA)
    assert [path for path in store.home.rglob("*") if path.is_file()] == []


def fail_in_the_middle(path: Path) -> None:
    with atomic_write(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new" / "file"
    with pytest.raises(KeyboardInterrupt):
        fail_in_the_middle(path)
    assert list(path.parent.iterdir()) == []
    with atomic_write(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    with pytest.raises(KeyboardInterrupt):
        fail_in_the_middle(path)
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o600
