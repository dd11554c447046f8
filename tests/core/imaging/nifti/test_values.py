"""NIfTI of every data type: values that are no numbers, complex, colours, scaling, five axes."""

import gzip
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.importers.nifti import read
from core.imaging.reader_pool import FileRejection, ReadFile
from tests.core.imaging.results import read_files

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


def read_single(path: Path) -> DecodedImage:
    (image,) = read(path)
    return image


def values(image: DecodedImage) -> np.ndarray:
    """Return the values with the axes of the file (x, y, z), which lie in RAS+."""
    frames = image.samples[..., 0] * image.format.slope + image.format.intercept
    return np.flip(frames, axis=(1, 2)).transpose(2, 1, 0)


def save(path: Path, array: np.ndarray, order: str = "<", kind: type = nibabel.Nifti1Image, **header: object) -> Path:
    head = kind.header_class(endianness=order)
    head.set_data_dtype(array.dtype)
    image = kind(array, np.eye(4), head)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", TYPES)
def test_whole_numbers_of_every_type_and_byte_order_are_exact(tmp_path: Path, name: str, order: str, kind: type):
    array = np.random.default_rng(0).integers(0 if name[0] == "u" else -100, 120, (5, 6, 7)).astype(name)
    image = read_single(save(tmp_path / "x.nii.gz", array, order, kind))
    assert np.array_equal(values(image), array)
    assert (image.format.low, image.format.high, image.notes) == (array.min(), array.max(), ())


@pytest.mark.parametrize("name", ["f4", "f8"])
@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_become_padding(tmp_path: Path, name: str, hole: float):
    array = np.arange(5 * 6 * 7, dtype=name).reshape(5, 6, 7) - 50
    array[0], array[:, 2] = hole, np.nan
    image = read_single(save(tmp_path / "x.nii.gz", array))
    finite = np.isfinite(array)
    samples = np.flip(image.samples[..., 0], axis=(1, 2)).transpose(2, 1, 0)
    assert image.format.padding == (0.0, 0.0)
    assert np.array_equal(samples == 0, ~finite)
    assert np.array_equal(values(image)[finite], array[finite])
    assert (image.format.low, image.format.high) == (array[finite].min(), array[finite].max())
    assert image.notes == ("not_finite",)


def test_all_65_536_steps_but_one_remain_beside_padding(tmp_path: Path):
    array = np.full((2, 100, 400), np.nan, np.float32)
    array.ravel()[:65535] = np.arange(65535)
    image = read_single(save(tmp_path / "x.nii", array))
    assert np.array_equal(values(image)[np.isfinite(array)], np.arange(65535))
    array.ravel()[65535] = 65535
    assert read_single(save(tmp_path / "y.nii", array)).notes == ("not_finite", "quantised")


def test_a_nan_costs_neither_the_reader_nor_the_next_file(tmp_path: Path):
    array = np.full((4, 5, 6), np.nan, np.float32)
    save(tmp_path / "a.nii.gz", array)
    array[1:3] = np.linspace(0.5, 2, 60).reshape(2, 5, 6)
    save(tmp_path / "b.nii.gz", array)
    results = {result.path.name: result for result in read_files(sorted(tmp_path.iterdir()), store=None, workers=1)}
    assert isinstance(results["a.nii.gz"], FileRejection)
    assert "no finite value" in results["a.nii.gz"].reason
    assert isinstance(results["b.nii.gz"], ReadFile)
    assert results["b.nii.gz"].images[0].format.padding == (0.0, 0.0)
    assert results["b.nii.gz"].images[0].notes == ("not_finite",)


@pytest.mark.parametrize("name", ["c8", "c16"])
def test_of_complex_values_the_magnitude_is_read(tmp_path: Path, name: str):
    array = (np.arange(60).reshape(3, 4, 5) * np.exp(1j * np.arange(60).reshape(3, 4, 5))).astype(name)
    image = read_single(save(tmp_path / "x.nii.gz", array))
    assert np.allclose(values(image), np.arange(60).reshape(3, 4, 5), atol=1e-3)
    assert image.notes[0] == "complex"


@pytest.mark.parametrize("names", ["RGB", "RGBA"])
def test_colours_are_colours(tmp_path: Path, names: str):
    array = np.zeros((4, 5, 6), dtype=[(name, "u1") for name in names])
    for name in names:
        array[name] = np.random.default_rng(ord(name)).integers(0, 256, array.shape)
    image = read_single(save(tmp_path / "x.nii.gz", array))
    colour = np.flip(image.samples, axis=(1, 2)).transpose(2, 1, 0, 3)
    assert all(np.array_equal(colour[..., at], array[name]) for at, name in enumerate("RGB"))
    assert (image.format.photometric, image.notes) == ("RGB", ("alpha",) if "A" in names else ())


@pytest.mark.parametrize("order", ["<", ">"])
def test_stored_values_are_scaled_exactly(tmp_path: Path, order: str):
    array = np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6)
    for slope, intercept in ((0.1, 7.0), (-2.0, 0.5)):
        path = save(tmp_path / "x.nii", array, order)
        put_scaling(path, order, slope, intercept)
        image = read_single(path)
        assert np.allclose(values(image), array * np.float32(slope) + intercept, atol=1e-6)
        assert (len(np.unique(image.samples)), image.notes) == (120, ())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("slope", "intercept", "notes"),
    [
        (0.0, 5.0, ()),
        (np.nan, 5.0, ("bad_scaling",)),
        (np.inf, 5.0, ("bad_scaling",)),
        (1.0, np.nan, ("bad_scaling",)),
    ],
)
def test_a_scaling_that_is_none_is_left_out(tmp_path: Path, slope: float, intercept: float, notes, order: str):
    array = np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6)
    path = save(tmp_path / "x.nii", array, order)
    put_scaling(path, order, slope, intercept)
    image = read_single(path)
    assert np.array_equal(values(image), array)
    assert image.notes == notes


def put_scaling(path: Path, order: str, slope: float, intercept: float) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into(order + "ff", data, 112, slope, intercept)
    path.write_bytes(data)


def test_of_five_axes_the_first_volume_is_read(tmp_path: Path):
    array = np.arange(3 * 4 * 5 * 2 * 3, dtype=np.int16).reshape(3, 4, 5, 2, 3)
    image = read_single(save(tmp_path / "x.nii", array))
    assert np.array_equal(values(image), array[..., 0, 0])
    assert (image.facts["volumes"], image.notes) == ("first of 6", ("volumes",))
    image = read_single(save(tmp_path / "y.nii", array[..., :1, :1]))
    assert ("volumes" in image.facts, image.notes) == (False, ())


def test_vectors_are_refused_as_vectors(tmp_path: Path):
    array = np.zeros((3, 4, 5, 1, 3), np.float32)
    with pytest.raises(RejectedFile, match="3 numbers per voxel"):
        read_single(save(tmp_path / "x.nii", array, intent_code=1007))


def test_a_file_without_orientation_says_so(tmp_path: Path):
    path = save(tmp_path / "x.nii", np.ones((3, 4, 5), np.int16))
    data = bytearray(path.read_bytes())
    struct.pack_into("<hh", data, 252, 0, 0)
    path.write_bytes(data)
    assert read_single(path).notes == ("no_orientation",)


def test_a_data_type_that_does_not_exist_is_refused_by_its_code(tmp_path: Path):
    path = save(tmp_path / "x.nii", np.ones((3, 4, 5), np.int16))
    data = bytearray(path.read_bytes())
    struct.pack_into("<h", data, 70, 777)
    path.write_bytes(data)
    with pytest.raises(RejectedFile, match="777"):
        read_single(path)


@pytest.mark.parametrize("axis", [0.0, np.nan])
def test_an_affine_without_volume_costs_the_orientation_not_the_image(tmp_path: Path, axis: float):
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    data = bytearray(save(tmp_path / "x.nii", array).read_bytes())
    struct.pack_into("<hh", data, 252, 0, 1)
    struct.pack_into("<4f", data, 280, axis, axis, axis, 0)  # the first row of the affine
    (tmp_path / "x.nii").write_bytes(data)
    image = read_single(tmp_path / "x.nii")
    assert sorted(values(image).ravel()) == list(range(60))
    assert image.format.orientation is None
    assert image.notes == ("no_orientation",)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("offset", [0, 348])
def test_voxels_never_begin_within_the_header(tmp_path: Path, kind: type, order: str, offset: int):
    array = np.arange(24, dtype="i2").reshape(2, 3, 4)
    path = save(tmp_path / "a.nii", array, order, kind)
    data, (form, at) = bytearray(path.read_bytes()), ("f", 108) if kind is nibabel.Nifti1Image else ("q", 168)
    struct.pack_into(order + form, data, at, offset)
    path.write_bytes(data)
    image = read_single(path)
    assert np.array_equal(values(image), array)
    assert "ignored_attribute" in image.notes


@pytest.mark.parametrize(("behind", "noted"), [(b"", False), (b"\0" * 700, False), (b"end of tape", True)])
def test_bytes_behind_the_end_of_a_gzip_file_cost_nothing(tmp_path: Path, behind: bytes, noted: bool):
    array = np.arange(24, dtype="i2").reshape(2, 3, 4)
    path = save(tmp_path / "a.nii", array)
    data = path.read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(data[:360]) + gzip.compress(data[360:]) + behind)
    image = read_single(tmp_path / "b.nii.gz")
    assert np.array_equal(values(image), array)
    assert ("extras" in image.notes) is noted
