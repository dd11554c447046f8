"""MedMNIST archives, the real one and odd ones."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.errors import RejectedFile
from core.imaging.importers.npz import read
from core.imaging.importers.signatures import is_npz


def test_pneumoniamnist_has_its_items_splits_and_labels(data_dir: Path):
    path = data_dir / "medmnist" / "pneumoniamnist.npz"
    assert is_npz(path.read_bytes()[:4096])
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
        assert (image.format.low, image.format.high) == (image.samples.min(), image.samples.max())
        assert image.format.window_bounds == (0.0, 255.0)


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
        ({"train_images": np.array([{"a": "pickle"}], dtype=object)}, "train_images as Python objects"),
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


IMAGES = np.arange(4 * 9 * 8, dtype=np.uint8).reshape(4, 9, 8)


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (np.array([0.2, 0.7, 1.0, 1.9], np.float32), ["0.2", "0.7", "1", "1.9"]),
        (np.array([-1.5, 0.0, 2.0, 1e-7]), ["-1.5", "0", "2", "1e-07"]),
        (np.array([0.0, 1.0, 1.0, 12.0]), ["0", "1", "1", "12"]),
        (np.array([True, False, True, True]), ["1", "0", "1", "1"]),
        (np.array(["normal", "pneumonia", " effusion ", "王"]), ["normal", "pneumonia", "effusion", "王"]),
        (np.array([b"normal", "王".encode(), b"a", b"b"]), ["normal", "王", "a", "b"]),
    ],
)
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_labels_are_texts_that_cut_nothing(tmp_path: Path, labels: np.ndarray, texts: list[str], shape):
    decoded = list(read(save(tmp_path / "x.npz", train_images=IMAGES, train_labels=labels.reshape(shape))))
    assert [image.label for image in decoded] == texts
    assert {image.notes for image in decoded} == {()}


@pytest.mark.parametrize(
    ("labels", "texts", "fact"),
    [
        (np.array([0, 1, -1, 1]), ["0", "1", None, "1"], "-1"),
        (np.array([0, 1, -1.0, 1]), ["0", "1", None, "1"], "-1"),
        (np.array([0.0, 1.0, np.nan, 1.0]), ["0", "1", None, "1"], "nan"),
        (np.array([0.5, 1.0, np.inf, 1.0]), ["0.5", "1", None, "1"], "inf"),
        (np.array(["a", "b", "", "b"]), ["a", "b", None, "b"], None),
    ],
)
def test_what_names_no_class_is_left_out_and_noted(tmp_path: Path, labels: np.ndarray, texts, fact: str | None):
    decoded = list(read(save(tmp_path / "x.npz", train_images=IMAGES, train_labels=labels)))
    assert [image.label for image in decoded] == texts
    assert [image.notes for image in decoded] == [(), (), ("label_left_out",), ()]
    assert [image.facts.get("label_left_out") for image in decoded] == [None, None, fact, None]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array(["a", "b", None, "b"], dtype=object), "train_labels as Python objects"),
        (np.zeros(4, complex), "train_labels of type complex128"),
        (np.zeros(3, int), "3 train_labels for 4 train_images; there must be one per image"),
        (np.array(1), "1 train_labels for 4 train_images"),
        (np.zeros((4, 5), int), "5 train_labels for each image; multi-label"),
    ],
)
def test_labels_of_other_kinds_are_refused_by_what_they_are(tmp_path: Path, labels: np.ndarray, message: str):
    with pytest.raises(RejectedFile, match=message):
        list(read(save(tmp_path / "x.npz", train_images=IMAGES, train_labels=labels)))


@pytest.mark.parametrize("name", ["int16", "float32", "bool"])
def test_images_of_other_types_are_refused_with_their_type(tmp_path: Path, name: str):
    with pytest.raises(RejectedFile, match=f"train_images of type {name}"):
        list(read(save(tmp_path / "x.npz", train_images=IMAGES.astype(name))))


def test_one_channel_is_grey_and_deep_colours_are_kept(tmp_path: Path):
    image = next(read(save(tmp_path / "a.npz", train_images=IMAGES[..., np.newaxis])))
    assert np.array_equal(image.samples[0, ..., 0], IMAGES[0])
    deep = np.repeat(IMAGES[..., np.newaxis], 3, axis=3).astype(np.uint16) * 200
    image = next(read(save(tmp_path / "b.npz", train_images=deep)))
    assert np.array_equal(image.samples[0, ..., 0], deep[0, ..., 0])
    deep[..., 1] = 7
    image = next(read(save(tmp_path / "c.npz", train_images=deep)))
    assert np.array_equal(image.samples[0], deep[0])
    assert (image.format.dtype, image.format.high) == ("uint16", 65535.0)
    alpha = np.stack([IMAGES, IMAGES, IMAGES + 1, IMAGES], axis=-1)
    image = next(read(save(tmp_path / "d.npz", train_images=alpha)))
    assert (image.samples.shape, image.notes) == ((1, 9, 8, 3), ("alpha",))
