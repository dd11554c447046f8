"""Frames are counted by what lies there; a header that declares fewer is noted, one that declares more is refused."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless

from core.errors import RejectedFile
from tests.core.imaging.dicom.drawn import image, values, write
from tests.core.imaging.dicom.test_codestreams import LOSSLESS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
FRAMES = np.stack([np.full((16, 18), 50 * (number + 1), np.uint16) for number in range(3)])
NATIVE = [ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


@pytest.mark.parametrize("declared", [None, 1, 2, "1A"])
@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("colour", [False, True])
def test_frames_are_counted_by_their_bytes(tmp_path: Path, declared: int | str | None, syntax: str, colour: bool):
    array = FRAMES[..., np.newaxis].repeat(3, -1) if colour else FRAMES
    path = write(tmp_path / "a.dcm", array, syntax=syntax, NumberOfFrames="12" if declared == "1A" else declared)
    if declared == "1A":
        path.write_bytes(path.read_bytes().replace(b"\x28\0\x08\0IS\x02\x0012", b"\x28\0\x08\0IS\x02\x001A"))
        if b"1A" not in path.read_bytes():
            pytest.skip("the number lies elsewhere in this syntax")
    decoded = image(path)
    assert np.array_equal(values(decoded), array)
    assert decoded.format.frames == 3
    assert decoded.notes == ("frame_count",)


@pytest.mark.parametrize("frames", [1, 3])
def test_the_byte_that_makes_the_length_even_is_no_frame(tmp_path: Path, frames: int):
    decoded = image(write(tmp_path / "a.dcm", np.full((frames, 1, 1), 7, np.uint8)))
    assert (decoded.format.frames, decoded.notes) == (frames, ())


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("offsets", [True, False])
@pytest.mark.parametrize("declared", [None, 2])
def test_compressed_frames_are_counted(tmp_path: Path, name: str, offsets: bool, declared: int | None):
    syntax, encode = LOSSLESS[name]
    frames = [encode(frame) for frame in FRAMES]
    path = write(tmp_path / "a.dcm", FRAMES, syntax=syntax, frames=frames, offsets=offsets, NumberOfFrames=declared)
    decoded = image(path)
    assert np.array_equal(values(decoded), FRAMES)
    assert decoded.notes == ("frame_count",)


@pytest.mark.parametrize("syntax", [*NATIVE, RLELossless])
def test_more_frames_than_there_are_is_refused_with_both_numbers(tmp_path: Path, syntax: str):
    frames = [LOSSLESS["RLE"][1](frame) for frame in FRAMES] if syntax == RLELossless else None
    path = write(tmp_path / "a.dcm", FRAMES, syntax=syntax, frames=frames, NumberOfFrames=5)
    with pytest.raises(RejectedFile, match="is truncated: its header declares") as refused:
        image(path)
    assert "5 frames" in str(refused.value)


def test_bytes_behind_the_last_frame_are_no_frame(tmp_path: Path):
    decoded = image(write(tmp_path / "a.dcm", FRAMES, raw=FRAMES.tobytes() + b"\0" * 100))
    assert np.array_equal(values(decoded), FRAMES)
    assert decoded.notes == ()


def test_single_bits_are_counted(tmp_path: Path):
    masks = np.random.default_rng(0).integers(0, 2, (3, 9, 7)).astype(np.uint8)
    raw = np.packbits(masks.ravel(), bitorder="little").tobytes()
    decoded = image(write(tmp_path / "a.dcm", masks, raw=raw, stored=1, BitsAllocated=1, NumberOfFrames=2))
    assert np.array_equal(values(decoded), masks)
    assert decoded.notes == ("frame_count",)
