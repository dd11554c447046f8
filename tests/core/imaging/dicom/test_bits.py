"""Stored bits lie where BitsStored and HighBit say; what else is in a cell is no part of the image."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from core.errors import RejectedFile
from tests.core.imaging.dicom.drawn import image, values, write
from tests.core.imaging.dicom.test_codestreams import rle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("allocated", "stored", "high"), [(16, 12, 15), (16, 12, 13), (16, 10, 15), (16, 12, 11), (8, 6, 7), (8, 6, 5)]
)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("overlay", [False, True])
def test_the_value_is_what_is_stored(
    tmp_path: Path, syntax: str, allocated: int, stored: int, high: int, signed: bool, overlay: bool
):
    low = -(1 << stored - 1) if signed else 0
    expected = np.random.default_rng(0).integers(low, low + (1 << stored), (20, 30))
    expected.flat[:2] = low, low + (1 << stored) - 1
    below = high + 1 - stored
    cells = (expected & ((1 << stored) - 1)) << below
    if overlay:
        others = np.random.default_rng(1).integers(0, 1 << allocated, cells.shape)
        cells |= others & ~(((1 << stored) - 1) << below) & ((1 << allocated) - 1)
    array = cells.astype(f"u{allocated // 8}")
    path = write(
        tmp_path / "a.dcm",
        array,
        stored=stored,
        syntax=syntax,
        HighBit=high,
        PixelRepresentation=int(signed),
        frames=[rle(array)] if syntax == RLELossless else None,
    )
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], expected)
    assert set(decoded.notes) <= ({"overlay_bits"} if overlay else set())
    if overlay and not signed:
        assert decoded.notes == ("overlay_bits",)


@pytest.mark.parametrize("high", [3, 17])
def test_an_impossible_high_bit_is_left_out(tmp_path: Path, high: int):
    array = np.arange(600, dtype=np.uint16).reshape(20, 30)
    decoded = image(write(tmp_path / "a.dcm", array, stored=12, HighBit=high))
    assert np.array_equal(values(decoded)[0], array)
    assert decoded.notes == ("ignored_attribute",)


@pytest.mark.parametrize("stored", [0, 17])
def test_impossible_stored_bits_are_refused(tmp_path: Path, stored: int):
    path = write(tmp_path / "a.dcm", np.zeros((4, 4), np.uint16), BitsStored=stored)
    with pytest.raises(RejectedFile, match=f"has {stored} bits stored in cells of 16"):
        image(path)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize(("dtype", "stored", "high"), [("u2", 12, 11), ("u2", 12, 15), ("u2", 16, 15), ("u1", 8, 7)])
def test_colours_keep_their_depth_and_their_brightness(
    tmp_path: Path, photometric: str, planar: int, dtype: str, stored: int, high: int
):
    white = (1 << stored) - 1
    colours = np.array([[[white, 0, 0], [0, white, 0]], [[0, 0, white], [white // 2] * 3]])
    plain = colours.repeat(4, 0).repeat(4, 1)
    cells = plain
    if photometric == "YBR_FULL":
        turn = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
        cells = (plain @ turn.T + np.array([0, 1 << stored - 1, 1 << stored - 1])).round().clip(0, white).astype(int)
    array = (cells << (high + 1 - stored)).astype(dtype)
    raw = (array.transpose(2, 0, 1) if planar else array).tobytes()
    path = write(
        tmp_path / "a.dcm",
        array,
        raw=raw,
        stored=stored,
        HighBit=high,
        PhotometricInterpretation=photometric,
        PlanarConfiguration=planar,
    )
    decoded = image(path)
    assert np.abs(decoded.samples[0].astype(int) - plain).max() <= (0 if photometric == "RGB" else 2)
    assert decoded.format.high == white


@pytest.mark.parametrize("photometric", ["YBR_PARTIAL_422", "YBR_RCT", "HSV"])
def test_colours_that_nobody_turns_into_rgb_are_refused(tmp_path: Path, photometric: str):
    path = write(tmp_path / "a.dcm", np.zeros((4, 4, 3), np.uint8), PhotometricInterpretation=photometric)
    with pytest.raises(RejectedFile, match=f"has colours as {photometric}"):
        image(path)


@pytest.mark.parametrize("more", [{"PhotometricInterpretation": "MONOCHROME2"}, {"PixelRepresentation": None}])
def test_a_layout_that_the_header_leaves_open_is_noted(tmp_path: Path, more: dict[str, str | None]):
    array = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    decoded = image(write(tmp_path / "a.dcm", array, **more))
    assert np.array_equal(decoded.samples[0], array)
    assert decoded.notes == ("assumed_layout",)
