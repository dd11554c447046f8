"""A palette gives its colours whatever the width of its entries, as declared and as written."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.errors import RejectedFile
from tests.core.imaging.dicom.drawn import image, write

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
CHANNELS = ("Red", "Green", "Blue")
RAMPS = np.stack([np.arange(256), np.arange(255, -1, -1), np.full(256, 128)])


def colour_table(entries: np.ndarray, form: str, order: str = "<") -> bytes:
    """The entries as bytes, as words, or as words that repeat them."""
    return entries.astype(np.uint8).tobytes() if form == "bytes" else entries.astype(f"{order}u2").tobytes()


def palette(path: Path, index: np.ndarray, tables: list[bytes], bits: int, *, first: int = 0, **more: Any) -> Path:
    count = more.pop("count", 256)
    for name, data in zip(CHANNELS, tables, strict=True):
        more[f"{name}PaletteColorLookupTableDescriptor"] = [count, first, bits]
        more[f"{name}PaletteColorLookupTableData"] = data
    return write(path, index, PhotometricInterpretation="PALETTE COLOR", **more)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(
    ("declared", "form", "scale", "notes"),
    [
        (16, "words", 256, ()),
        (16, "words", 257, ()),
        (8, "words", 256, ("palette_width",)),
        (16, "words", 1, ("palette_width",)),  # low bytes only
        (8, "words", 1, ()),  # the note of C.7.6.3.1.5
        (12, "words", 16, ()),
        (8, "bytes", 1, ()),
        (16, "bytes", 1, ("palette_width",)),
    ],
)
def test_the_colours_are_the_palettes(
    tmp_path: Path, syntax: str, declared: int, form: str, scale: int, notes: tuple[str, ...]
):
    index = np.arange(256, dtype=np.uint8).reshape(16, 16)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    tables = [colour_table(ramp * scale, form, order) for ramp in RAMPS]
    if form == "bytes" and order == ">":
        tables = [np.frombuffer(data, ">u2").astype("<u2").tobytes() for data in tables]
    decoded = image(palette(tmp_path / "a.dcm", index, tables, declared, syntax=syntax))
    assert np.abs(decoded.samples[0].reshape(256, 3).T.astype(int) - RAMPS).max() <= 1
    assert decoded.samples.dtype == np.uint8
    assert decoded.notes == notes


def test_a_palette_of_more_colours_than_bytes_tell_keeps_them(tmp_path: Path):
    ramp = np.arange(4096) * 16
    index = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    tables = [ramp.astype("<u2").tobytes()] * 3
    decoded = image(palette(tmp_path / "a.dcm", index, tables, 16, stored=12, count=4096))
    assert np.array_equal(decoded.samples[0, ..., 0].ravel(), ramp)
    assert decoded.format.high == 65535


@pytest.mark.parametrize(("dtype", "first"), [("u2", 100), ("i2", -50)])
def test_values_outside_the_palette_get_its_ends(tmp_path: Path, dtype: str, first: int):
    index = np.arange(first - 40, first + 360, dtype=dtype).reshape(20, 20)
    path = palette(tmp_path / "a.dcm", index, [colour_table(ramp * 257, "words") for ramp in RAMPS], 16, first=first)
    expected = RAMPS[0][np.clip(index.astype(int) - first, 0, 255)]
    assert np.array_equal(image(path).samples[0, ..., 0], expected)


@pytest.mark.parametrize("bits", [8, 16])
def test_segments_are_expanded(tmp_path: Path, bits: int):
    top = 255 if bits == 8 else 65535
    half = [top * step // 127 for step in range(128)]
    # a discrete entry, a ramp, and both again
    cells = [0, 1, 0, 1, 127, top]
    offset = [0] * (4 if bits == 8 else 2)
    cells += [2, 2, *offset]
    data = bytes(cells) if bits == 8 else struct.pack(f"<{len(cells)}H", *cells)
    more: dict[str, Any] = {}
    for name in CHANNELS:
        more[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, bits]
        more[f"Segmented{name}PaletteColorLookupTableData"] = data
    index = np.arange(256, dtype=np.uint8).reshape(16, 16)
    decoded = image(write(tmp_path / "a.dcm", index, PhotometricInterpretation="PALETTE COLOR", **more))
    expected = np.array(half + half) >> (bits - 8)
    assert np.abs(decoded.samples[0, ..., 0].ravel() - expected).max() <= 1


@pytest.mark.parametrize("broken", ["absent", "short", "empty"])
def test_a_broken_palette_is_refused_by_name(tmp_path: Path, broken: str):
    tables = [colour_table(ramp * 257, "words") for ramp in RAMPS]
    more: dict[str, Any] = {}
    if broken == "short":
        tables[1] = tables[1][:100]
    if broken == "empty":
        tables[2] = b""
    index = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = palette(tmp_path / "a.dcm", index, tables, 16, **more)
    if broken == "absent":
        path = write(path, index, PhotometricInterpretation="PALETTE COLOR")
    with pytest.raises(RejectedFile, match="palette that is missing or damaged"):
        image(path)
