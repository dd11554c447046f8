"""Padding is in no window and no statistic, and black wherever it is drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from core.imaging.thumbnails import thumbnail
from core.imaging.voi_lut import is_padding, to_grey
from core.training.examples import ImageRef, read_image
from tests.core.imaging.dicom.drawn import image, values, write
from tests.core.imaging.dicom.test_codestreams import rle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless]


def disc(inside: tuple[int, int], outside: float, dtype: str, *, radius: float = 28.0, size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    body = np.tile(np.linspace(*inside, size).round(), (size, 1))
    return np.where(x**2 + y**2 < radius**2, body, outside).astype(dtype)


def padded(path: Path, array: np.ndarray, value: int, limit: int | None = None, *, vr: str = "", **more: Any) -> Path:
    """Write an array whose header names padding, with the VR of its sign unless another is given."""
    frames = [rle(array)] if more.get("syntax") == RLELossless else None
    kind = vr or ("SS" if array.dtype.kind == "i" else "US")
    more["PixelPaddingValue"] = DataElement(0x00280120, kind, value)
    if limit is not None:
        more["PixelPaddingRangeLimit"] = DataElement(0x00280121, kind, limit)
    return write(path, array, frames=frames, **more)


def drawn(decoded: Any, folder: Path) -> list[np.ndarray]:
    """The greys of the viewer's formula and of the training loader."""
    (folder / "x.raw").write_bytes(decoded.samples.astype(decoded.format.dtype).tobytes())
    plane = ImageRef(folder / "x.raw", 0, decoded.format)
    size = decoded.format.rows
    return [to_grey(decoded.samples[0], decoded.format), read_image(plane, size=size, channels=1)[0] / 257.0]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("dtype", "stored", "inside", "value", "limit"),
    [
        ("i2", 16, (-100, 100), -32768, None),
        ("i2", 16, (-100, 100), -2000, -3000),
        ("u2", 16, (1000, 1200), 0, None),
        ("u2", 14, (300, 700), 16383, 16000),
        ("u2", 12, (300, 700), 4095, None),
        ("u2", 12, (300, 700), 63536, None),  # beyond the stored bits
        ("i2", 12, (300, 700), -32768, None),
        ("u1", 8, (30, 70), 255, 250),
    ],
)
def test_padding_is_outside_of_the_window(
    tmp_path: Path,
    photometric: str,
    syntax: str,
    dtype: str,
    stored: int,
    inside: tuple[int, int],
    value: int,
    limit: int,
):
    array = disc(inside, value, dtype)
    path = padded(
        tmp_path / "a.dcm", array, value, limit, stored=stored, syntax=syntax, PhotometricInterpretation=photometric
    )
    decoded = image(path)
    body = array[array != array[0, 0]]
    format = decoded.format
    assert (format.low, format.high) == (body.min(), body.max())
    assert format.window_center - format.window_width / 2 == body.min()
    assert np.array_equal(is_padding(decoded.samples[0, ..., 0], format), array == array[0, 0])
    assert np.array_equal(values(decoded)[0], array)
    assert decoded.notes == ()
    for greys in drawn(decoded, tmp_path):
        assert greys[array == array[0, 0]].max() == 0
        assert len(np.unique(greys[array != array[0, 0]])) >= 30
    assert np.asarray(thumbnail(decoded.samples[0], format, edge=256))[0, 0] <= 2  # a JPEG would blur it


@pytest.mark.parametrize(("vr", "value"), [("US", 63536), ("SS", -2000)])
def test_a_value_with_the_wrong_sign_is_read_by_its_bits(tmp_path: Path, vr: str, value: int):
    array = disc((-100, 100), -2000, "i2")
    assert image(padded(tmp_path / "a.dcm", array, value, vr=vr)).format.low == array[array != -2000].min()


def test_an_explicit_window_stays_as_it_is(tmp_path: Path):
    path = padded(tmp_path / "a.dcm", disc((-100, 100), -2000, "i2"), -2000, WindowCenter=40, WindowWidth=400)
    format = image(path).format
    assert (format.window_center, format.window_width) == (40, 400)
    assert format.padding is not None


def test_padding_that_would_leave_nothing_is_left_out(tmp_path: Path):
    decoded = image(padded(tmp_path / "a.dcm", disc((5, 9), 0, "u2"), 0, 100))
    assert decoded.format.padding is None
    assert decoded.format.high == 9
    assert decoded.notes == ("ignored_attribute",)


def test_padding_of_real_and_of_wide_values(tmp_path: Path):
    wide = disc((-100, 100), -(2**31), "i4")
    wide[30, 30] = 900_000
    path = write(tmp_path / "a.dcm", wide, PixelPaddingValue=DataElement(0x00280120, "SL", -(2**31)))
    decoded = image(path)
    inside = wide[0, 0] != wide
    assert decoded.format.low == wide[inside].min()
    assert np.abs(values(decoded)[0] - wide)[inside].max() <= decoded.format.slope * 0.51
    assert decoded.notes == ("quantised",)


def lut_of(count: int, factor: int) -> Sequence:
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [count, 0, 16], "OD"
    table.add(DataElement(0x00283006, "US", [factor * at for at in range(count)]))
    return Sequence([table])


def rescales(*pairs: tuple[float, float]) -> Sequence:
    groups = [Dataset() for _ in pairs]
    for group, (slope, intercept) in zip(groups, pairs, strict=True):
        rescale = Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept = slope, intercept
        group.PixelValueTransformationSequence = Sequence([rescale])
    return Sequence(groups)


@pytest.mark.parametrize(
    ("dtype", "inside", "value", "more", "expected"),
    [
        ("u1", (30, 70), 0, {"ModalityLUTSequence": lut_of(256, 100)}, lambda frames: frames * 100.0),
        (
            "i2",
            (100, 300),
            -2000,
            {"PerFrameFunctionalGroupsSequence": rescales((1, 0), (2, -50))},
            lambda frames: np.stack([frames[0] * 1.0, frames[1] * 2.0 - 50]),
        ),
        ("u4", (100, 300), 5, {}, lambda frames: frames * 1.0),
    ],
    ids=["table", "frames", "wide"],
)
def test_padding_keeps_its_value_where_values_are_made_first(
    tmp_path: Path, dtype: str, inside: tuple[int, int], value: int, more: dict[str, Any], expected: Any
):
    frames = np.stack([disc(inside, value, dtype)] * 2)
    decoded = image(padded(tmp_path / "a.dcm", frames, value, vr="UL" if dtype == "u4" else "", **more))
    assert np.array_equal(values(decoded), expected(frames))
    outside = is_padding(decoded.samples[..., 0], decoded.format)
    assert np.array_equal(outside, frames == value)
    assert decoded.format.low == expected(frames)[~outside].min()
    assert decoded.notes == ()


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_real_values_that_are_no_numbers_are_outside(tmp_path: Path, missing: float):
    array = disc((1, 2), 0, "f4")
    array += np.random.default_rng(0).random(array.shape).astype(np.float32)
    array[:5] = missing
    ds_path = write(tmp_path / "a.dcm", array.view("u4"))
    as_float(ds_path, array)
    decoded = image(ds_path)
    known = np.isfinite(array)
    assert decoded.format.low == array[known].min()
    assert np.abs(values(decoded)[0] - array)[known].max() <= decoded.format.slope * 0.51
    assert "not_finite" in decoded.notes
    assert to_grey(decoded.samples[0], decoded.format)[:5].max() == 0


def as_float(path: Path, array: np.ndarray) -> None:
    import pydicom

    ds: Dataset = pydicom.dcmread(path)
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(ds, name)
    ds.FloatPixelData = array.tobytes()
    ds.save_as(path)


@pytest.mark.parametrize(
    ("inside", "outside", "radius"),
    [((-1000, 900), -2000, 31.9), ((-1000, 900), -3024, 31.9), ((-100, 100), -2000, 28.0), ((-100, 100), -1500, 31.9)],
)
@pytest.mark.parametrize(("dtype", "intercept"), [("i2", 0), ("u2", -4000)])
def test_one_value_around_a_round_ct_is_background(
    tmp_path: Path, inside: tuple[int, int], outside: int, radius: float, dtype: str, intercept: int
):
    array = (disc(inside, outside, "i2", radius=radius) - intercept).astype(dtype)
    decoded = image(write(tmp_path / "a.dcm", array, Modality="CT", RescaleSlope=1, RescaleIntercept=intercept))
    body = array[array != array[0, 0]].astype(int) + intercept
    assert (decoded.format.low, decoded.format.high) == (body.min(), body.max())
    assert decoded.notes == ("background",)
    assert to_grey(decoded.samples[0], decoded.format)[0, 0] == 0


def noisy(array: np.ndarray) -> np.ndarray:
    array[32, 32] = array[0, 0]
    return array


def shifted(array: np.ndarray) -> np.ndarray:
    return np.roll(array, 6, axis=1)


@pytest.mark.parametrize(
    ("array", "modality"),
    [
        (disc((-100, 100), -100, "i2"), "CT"),  # a value of the body too
        (noisy(disc((-100, 100), -2000, "i2")), "CT"),
        (shifted(disc((-100, 100), -2000, "i2", radius=20)), "CT"),
        (disc((-900, 900), -1000, "i2"), "CT"),  # air
        (np.full((64, 64), -2000, "i2"), "CT"),
        (disc((5000, 5000), 0, "u2", radius=12), "PT"),  # a phantom in air
        (disc((300, 310), 10, "u2", radius=12), "MR"),
    ],
)
def test_what_may_be_image_stays_image(tmp_path: Path, array: np.ndarray, modality: str):
    decoded = image(write(tmp_path / "a.dcm", array, Modality=modality))
    assert decoded.format.padding is None
    assert decoded.format.low == array.min()
    assert decoded.notes == ()
