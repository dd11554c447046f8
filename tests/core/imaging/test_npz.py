"""MedMNIST archives, the real one and odd ones."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.errors import RejectedFile
from core.imaging.importers.npz import read, recognises


def test_pneumoniamnist_has_its_items_splits_and_labels(data_dir: Path):
    path = data_dir / "medmnist" / "pneumoniamnist.npz"
    assert recognises(path.read_bytes()[:4096])
    with np.load(path) as arrays:
        images = {split: arrays[f"{split}_images"] for split in ("train", "val", "test")}
        labels = {split: arrays[f"{split}_labels"].ravel() for split in ("train", "val", "test")}
    decoded = list(read(path))
    assert len(decoded) == len({one.item for one in decoded}) == 5856
    assert Counter(one.facts["split"] for one in decoded) == {"train": 4708, "val": 524, "test": 624}
    for image in decoded:
        split, index = image.item.split("/")
        assert image.label == str(labels[split][int(index)])
    for image in decoded[::97]:
        split, index = image.item.split("/")
        assert np.array_equal(image.samples[0, ..., 0], images[split][int(index)])
        assert (image.format.low, image.format.high) == (0.0, 255.0)


def save(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


def test_colour_and_volumes(tmp_path: Path):
    rng = np.random.default_rng(0)
    (colour, _) = read(save(tmp_path / "c.npz", train_images=rng.integers(0, 256, (2, 5, 6, 3), dtype=np.uint8)))
    assert (colour.samples.shape, colour.format.photometric, colour.label) == ((1, 5, 6, 3), "RGB", None)
    (volume,) = read(save(tmp_path / "v.npz", test_images=rng.integers(0, 256, (1, 4, 5, 6), dtype=np.uint8)))
    assert volume.samples.shape == (4, 5, 6, 1)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros(3)}, "the layout of MedMNIST"),
        ({"train_images": np.zeros((2, 4, 4), np.float32)}, "of type float32"),
        ({"train_images": np.zeros((2, 4, 4), np.uint8), "train_labels": np.zeros((2, 14), int)}, "multi-label"),
        ({"train_images": np.zeros((2, 4, 4), np.uint8), "train_labels": np.zeros((3, 1), int)}, "one per image"),
        ({"train_images": np.array([{"a": "pickle"}], dtype=object)}, "damaged or unsafe"),
    ],
)
def test_odd_archives_are_refused(tmp_path: Path, arrays, message: str):
    with pytest.raises(RejectedFile, match=message):
        list(read(save(tmp_path / "odd.npz", **arrays)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_archive_is_refused(tmp_path: Path, share: float):
    whole = save(tmp_path / "w.npz", train_images=np.zeros((9, 28, 28), np.uint8)).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RejectedFile, match="damaged"):
        list(read(tmp_path / "cut.npz"))
