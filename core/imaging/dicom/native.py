"""Read uncompressed pixel data: viewed in the file where it lies as the store wants it, else decoded by pydicom."""

from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom.bits import stored_values
from core.imaging.dicom.frame_count import frames_in
from core.imaging.dicom.values import count
from core.imaging.voi_lut import Array

PIXEL_DATA = 0x7FE00010
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
LAYOUT = "assumed_layout"
PLAIN = (IMPLICIT, EXPLICIT)
GREYS = ("MONOCHROME1", "MONOCHROME2")
DTYPES: dict[Any, np.dtype[Any]] = {
    (8, 0): np.dtype("u1"),
    (8, 1): np.dtype("i1"),
    (16, 0): np.dtype("<u2"),
    (16, 1): np.dtype("<i2"),
}
CELLS = {"PixelData": (1, 8, 16, 32, 64), "FloatPixelData": (32,), "DoubleFloatPixelData": (64,)}


def view_uncompressed(header: Any, data: bytes | None, notes: list[str]) -> Array | None:
    """View uncompressed little-endian 8- or 16-bit grey samples in the file; None if pydicom must decode them."""
    element = header.get_item(PIXEL_DATA, keep_deferred=True) if PIXEL_DATA in header else None
    dtype = DTYPES.get((header.get("BitsAllocated"), header.get("PixelRepresentation")))
    grey = header.get("SamplesPerPixel") == 1 and header.get("PhotometricInterpretation") in GREYS
    if element is None or dtype is None or not grey or str(header.file_meta.get("TransferSyntaxUID")) not in PLAIN:
        return None
    buffer, start = (data, element.value_tell) if element.value is None else (element.value, 0)
    rows, columns = count(header, "Rows"), count(header, "Columns")
    if buffer is None or rows < 1 or columns < 1 or element.length == 0xFFFFFFFF:
        return None
    available = min(element.length, len(buffer) - start)
    frames = frames_in(header, available, rows * columns * dtype.itemsize * 8, notes)
    samples: Array = np.frombuffer(buffer, dtype, frames * rows * columns, start).reshape(frames, rows, columns)
    return stored_values(samples, header, notes)


def decode_native(header: Any, notes: list[str]) -> Array:
    """Return samples (frames, rows, columns[, 3]) as they are stored, in the file's colour space.

    Raises:
        RejectedFile: the header contradicts itself, or the data are truncated.
    """
    from pydicom.pixels.decoders.base import get_decoder

    name = next(keyword for keyword in CELLS if keyword in header)
    bits, samples = count(header, "BitsAllocated"), count(header, "SamplesPerPixel", 1)
    if bits not in CELLS[name]:
        raise RejectedFile(f"has cells of {bits} bits (BitsAllocated); expected {' or '.join(map(str, CELLS[name]))}.")
    rows, columns = count(header, "Rows"), count(header, "Columns")
    halved = header.get("PhotometricInterpretation") == "YBR_FULL_422" and samples == 3
    frame_bits = rows * columns * (2 if halved else samples) * bits
    needed = [("PixelRepresentation", name == "PixelData"), ("PlanarConfiguration", samples > 1)]
    for keyword in [keyword for keyword, used in needed if used and header.get(keyword) not in (0, 1)]:
        setattr(header, keyword, 0)
        notes.append(LAYOUT)
    header.NumberOfFrames = frames_in(header, len(header[name].value or b""), frame_bits, notes)
    header.BitsStored = stored = min(count(header, "BitsStored", bits) or bits, bits)
    header.HighBit = max(stored - 1, count(header, "HighBit", stored - 1))
    options: Any = {"correct_unused_bits": False}
    array, _ = get_decoder(header.file_meta.TransferSyntaxUID).as_array(header, raw=True, **options)
    shape = (-1, rows, columns, samples) if samples > 1 else (-1, rows, columns)
    return array.reshape(shape)
