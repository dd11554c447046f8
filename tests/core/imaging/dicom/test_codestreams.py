"""A lossless syntax changes no value, a lossy one little, whatever the depth, sign, colour space and fragments."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, itemize_fragment
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from core.errors import RejectedFile
from core.imaging.dicom.pixels import stored_frames
from tests.core.imaging.dicom.drawn import image, values, write

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
PREFIX = "1.2.840.10008.1.2.4."


def rle(frame: np.ndarray) -> bytes:
    """PS3.5 annex G: one segment for each byte of each sample, the highest first."""
    samples = frame.reshape(frame.shape[0], frame.shape[1], -1)
    planes = [samples[..., channel].astype(samples.dtype.newbyteorder(">")) for channel in range(samples.shape[-1])]
    size = frame.dtype.itemsize
    segments = [
        imagecodecs.packbits_encode(np.frombuffer(plane.tobytes(), np.uint8)[byte::size].tobytes())
        for plane in planes
        for byte in range(size)
    ]
    segments = [bytes(segment) + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = np.zeros(16, "<u4")
    offsets[0] = len(segments)
    offsets[1 : 1 + len(segments)] = 64 + np.cumsum([0, *map(len, segments[:-1])])
    return offsets.tobytes() + b"".join(segments)


def deflated(frame: np.ndarray) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(frame.tobytes()) + packer.flush()


def jpeg_lossless(frame: np.ndarray) -> bytes:
    space, plain = "RGB" if frame.ndim == 3 else "GRAY", frame.view(f"u{frame.itemsize}")
    bits = max(frame.itemsize * 4 + 4, int(plain.max()).bit_length()) if frame.itemsize > 1 else 8
    return imagecodecs.jpeg8_encode(
        plain, lossless=True, predictor=4, bitspersample=bits, colorspace=space, outcolorspace=space
    )


def jpeg_ls(frame: np.ndarray) -> bytes:
    return imagecodecs.jpegls_encode(frame.view(f"u{frame.itemsize}"))


def jpeg_2000(frame: np.ndarray) -> bytes:
    return imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k", mct=False)


def jpeg_xl(frame: np.ndarray) -> bytes:
    return imagecodecs.jpegxl_encode(frame, lossless=True)


LOSSLESS: dict[str, tuple[str, Callable[[np.ndarray], bytes]]] = {
    "RLE": (RLELossless, rle),
    "deflated": ("1.2.840.10008.1.2.8.1", deflated),
    "JPEG lossless": (PREFIX + "70", jpeg_lossless),
    "JPEG-LS": (PREFIX + "80", jpeg_ls),
    "JPEG 2000": (PREFIX + "90", jpeg_2000),
    "JPEG XL": (PREFIX + "110", jpeg_xl),
}


def noise(dtype: str, bits: int, shape: tuple[int, ...] = (3, 24, 40)) -> np.ndarray:
    low = -(1 << bits - 1) if dtype[0] == "i" else 0
    array = np.random.default_rng(bits).integers(low, low + (1 << bits), shape)
    array.flat[:2] = low, low + (1 << bits) - 1
    return array.astype(dtype)


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("u2", 16), ("u2", 12), ("i2", 16), ("i2", 12)])
@pytest.mark.parametrize("offsets", [True, False])
def test_a_lossless_syntax_changes_no_value(tmp_path: Path, name: str, dtype: str, bits: int, offsets: bool):
    if name == "JPEG XL" and dtype[0] == "i":
        pytest.skip("JPEG XL has no signed samples")
    array, (syntax, encode) = noise(dtype, bits), LOSSLESS[name]
    path = write(
        tmp_path / "a.dcm",
        array,
        stored=bits,
        syntax=syntax,
        frames=[encode(frame) for frame in array],
        offsets=offsets,
    )
    decoded = image(path)
    assert np.array_equal(values(decoded), array)
    assert decoded.notes == ()


@pytest.mark.parametrize("bits", [9, 10, 12, 15])
@pytest.mark.parametrize("name", ["JPEG-LS", "JPEG 2000", "JPEG XL"])
def test_the_sign_is_the_highest_stored_bit_also_of_a_codestream_of_16_bits(tmp_path: Path, name: str, bits: int):
    array, (syntax, _) = noise("i2", bits, (1, 24, 40)), LOSSLESS[name]
    cells = array[0].view("u2") & ((1 << bits) - 1)
    encode = {"JPEG-LS": imagecodecs.jpegls_encode, "JPEG 2000": jpeg_2000, "JPEG XL": jpeg_xl}[name]
    decoded = image(write(tmp_path / "a.dcm", array, stored=bits, syntax=syntax, frames=[encode(cells)]))
    assert np.array_equal(values(decoded), array)
    assert decoded.notes == ()


UNCOMPRESSED = {"implicit": ImplicitVRLittleEndian, "explicit": ExplicitVRLittleEndian, "big": ExplicitVRBigEndian}


@st.composite
def stored_values(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    """Frames of any size, depth and sign, plain or of all values, and their BitsStored."""
    bits = draw(st.integers(2, 16))
    kind, size = draw(st.sampled_from("ui")), 1 if bits <= 8 else 2
    low = -(1 << bits - 1) if kind == "i" else 0
    columns = st.integers(1, 33).filter(lambda number: number != 3)  # `write` takes those for colours
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 33), columns))
    least, most = sorted(draw(st.tuples(*[st.integers(low, low + (1 << bits) - 1)] * 2)))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    return random.integers(least, most + 1, shape).astype(f"{kind}{size}"), bits


@given(drawn=stored_values(), name=st.sampled_from([*LOSSLESS, *UNCOMPRESSED]), offsets=st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_encoding_without_loss_changes_a_value(tmp_path: Path, drawn, name: str, offsets: bool):
    array, bits = drawn
    assume(name != "JPEG XL" or array.dtype.kind == "u")  # it has no signed samples
    syntax, encode = LOSSLESS.get(name) or (UNCOMPRESSED[name], None)
    frames = [encode(frame) for frame in array] if encode else None
    decoded = image(write(tmp_path / "a.dcm", array, stored=bits, syntax=syntax, frames=frames, offsets=offsets))
    assert np.array_equal(values(decoded), array)
    assert decoded.notes == ()


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("u2", 12), ("u2", 16)])
def test_colours_come_back_at_their_depth(tmp_path: Path, name: str, dtype: str, bits: int):
    array, (syntax, encode) = noise(dtype, bits, (2, 24, 40, 3)), LOSSLESS[name]
    path = write(tmp_path / "a.dcm", array, stored=bits, syntax=syntax, frames=[encode(frame) for frame in array])
    decoded = image(path)
    assert np.array_equal(decoded.samples, array)
    assert decoded.format.high == (1 << bits) - 1


def test_colours_by_planes_and_transformed_ones_come_back(tmp_path: Path):
    array = noise("u1", 8, (24, 40, 3))
    planes = np.ascontiguousarray(array.transpose(2, 0, 1))
    deflated_planes = write(
        tmp_path / "a.dcm", array, syntax="1.2.840.10008.1.2.8.1", frames=[deflated(planes)], PlanarConfiguration=1
    )
    assert np.array_equal(image(deflated_planes).samples[0], array)
    transformed = imagecodecs.jpeg2k_encode(array, level=0, codecformat="j2k", mct=True)
    path = write(
        tmp_path / "b.dcm", array, syntax=PREFIX + "90", frames=[transformed], PhotometricInterpretation="YBR_RCT"
    )
    assert np.array_equal(image(path).samples[0], array)


@pytest.mark.parametrize(("syntax", "stored"), [("50", 8), ("51", 8), ("51", 12)])
def test_a_lossy_jpeg_changes_little(tmp_path: Path, syntax: str, stored: int):
    ramp = np.add.outer(np.arange(64), np.arange(64)) * ((1 << stored) - 1) // 126
    array = ramp.astype(np.uint8 if stored == 8 else np.uint16)
    code = imagecodecs.jpeg8_encode(array, level=98, bitspersample=stored)
    decoded = image(write(tmp_path / "a.dcm", array, stored=stored, syntax=PREFIX + syntax, frames=[code]))
    assert np.abs(values(decoded)[0] - array).max() <= 2 << (stored - 8)
    assert decoded.notes == ()


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_the_colours_of_a_jpeg_are_rgb(tmp_path: Path, photometric: str):
    array = np.zeros((32, 32, 3), np.uint8)
    array[:16], array[16:] = (200, 40, 40), (30, 60, 220)
    space = "RGB" if photometric == "RGB" else "YCBCR"
    code = imagecodecs.jpeg8_encode(array, level=98, colorspace="RGB", outcolorspace=space)
    path = write(tmp_path / "a.dcm", array, syntax=PREFIX + "50", frames=[code], PhotometricInterpretation=photometric)
    assert np.abs(image(path).samples[0, 4:12].astype(int) - (200, 40, 40)).max() <= 3


def test_single_bits_in_rle_and_deflated_frames(tmp_path: Path):
    masks = np.random.default_rng(0).integers(0, 2, (2, 9, 7)).astype(np.uint8)
    packed = [np.packbits(mask.ravel(), bitorder="little") for mask in masks]
    for syntax, encode in ((RLELossless, lambda cells: rle(cells[np.newaxis])), ("1.2.840.10008.1.2.8.1", deflated)):
        frames = [encode(cells) for cells in packed]
        path = write(tmp_path / "a.dcm", masks, stored=1, syntax=syntax, frames=frames, BitsAllocated=1)
        assert np.array_equal(values(image(path)), masks)
        assert np.array_equal(stored_frames(pydicom.dcmread(path)), masks)


def test_frames_in_fragments_are_whole(tmp_path: Path):
    array = noise("u2", 16)
    codes = [jpeg_ls(frame) for frame in array]
    path = write(tmp_path / "a.dcm", array, syntax=PREFIX + "80", frames=codes)
    pieces = [code[at : at + 400] for code in codes for at in range(0, len(code) // 2 * 2, 400)]
    whole = encapsulate(codes, has_bot=False)
    split = whole[:8] + b"".join(map(itemize_fragment, (piece + b"\0" * (len(piece) % 2) for piece in pieces)))
    data = path.read_bytes()
    at = data.index(b"\xfe\xff\x00\xe0")
    path.write_bytes(data[:at] + split + b"\xfe\xff\xdd\xe0\0\0\0\0")
    assert np.array_equal(values(image(path)), array)


@pytest.mark.parametrize(
    ("declared", "written", "note"),
    [
        ("JPEG-LS", "JPEG 2000", "wrong_transfer_syntax"),
        ("JPEG 2000", "JPEG lossless", "wrong_transfer_syntax"),
        ("RLE", "JPEG-LS", "wrong_transfer_syntax"),
    ],
)
def test_a_frame_is_read_by_what_it_begins_with(tmp_path: Path, declared: str, written: str, note: str):
    array = noise("u2", 12)
    frames = [LOSSLESS[written][1](frame) for frame in array]
    decoded = image(write(tmp_path / "a.dcm", array, stored=12, syntax=LOSSLESS[declared][0], frames=frames))
    assert np.array_equal(values(decoded), array)
    assert decoded.notes == (note,)


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_jpeg_without_its_end_is_refused(tmp_path: Path, part: float):
    array = noise("u1", 8)[0]
    code = imagecodecs.jpeg8_encode(array, level=90)
    path = write(tmp_path / "a.dcm", array, syntax=PREFIX + "50", frames=[code[: int(len(code) * part)]])
    with pytest.raises(RejectedFile, match="damaged or truncated JPEG data"):
        image(path)


@pytest.mark.parametrize("name", LOSSLESS)
def test_damaged_frames_are_refused_by_name(tmp_path: Path, name: str):
    array, (syntax, encode) = noise("u2", 16), LOSSLESS[name]
    frames = [encode(frame) for frame in array]
    frames[1] = frames[1][: len(frames[1]) // 3]
    path = write(tmp_path / "a.dcm", array, syntax=syntax, frames=frames)
    with pytest.raises(RejectedFile) as refused:
        image(path)
    assert "frame 2 of 3" in str(refused.value) or "deflated frame" in str(refused.value)


def test_films_are_refused_as_what_they_are(tmp_path: Path):
    array: Any = noise("u1", 8)
    path = write(tmp_path / "a.dcm", array, syntax=PREFIX + "103", frames=[b"\0\0\1\xba" * 40])
    with pytest.raises(RejectedFile, match=r"has MPEG-4 AVC/H.264 .* data, which Rounds does not read"):
        image(path)
