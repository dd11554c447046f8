"""Turn colour frames into RGB samples of the store, 8 or 16 bits deep."""

from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom.bits import bits_stored
from core.imaging.dicom.geometry import geometry_from_header
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, format_of_unsigned

DEPTH, LAYOUT = "quantised", "assumed_layout"
YBR = ("YBR_FULL", "YBR_FULL_422")
UNREAD = ("YBR_PARTIAL", "YBR_ICT", "YBR_RCT", "HSV", "CMYK", "ARGB", "XYB")


def colour(header: Any, frames: Array, photometric: str, decoder: str, notes: list[str]) -> tuple[Array, PixelFormat]:
    """Return RGB samples (frames, rows, columns, 3) of all bits that are stored, and their format.

    Raises:
        RejectedFile: the colours are in a space that Rounds does not read.
    """
    if photometric.startswith(UNREAD):
        raise RejectedFile(f"has colours as {photometric}, which Rounds does not read; export it again as RGB.")
    if photometric not in ("RGB", *YBR):
        notes.append(LAYOUT)
    if frames.dtype.kind == "i":
        frames = frames.view(f"u{frames.dtype.itemsize}")
    bits = bits_stored(header, frames.dtype.itemsize * 8)
    if photometric in YBR:
        frames = _rgb(frames, bits)
    if bits > 16:
        notes.append(DEPTH)
        frames, bits = frames >> (bits - 16), 16
    if bits > 8:
        return _described(header, frames.astype(np.uint16), bits, decoder)
    if bits < 8:
        frames = np.round(frames * (255.0 / ((1 << bits) - 1)))
    return _described(header, frames.astype(np.uint8), 8, decoder)


def _rgb(frames: Array, bits: int) -> Array:
    """Return RGB of YBR_FULL (PS3.3 C.7.6.3.1.2), of any depth."""
    from pydicom.pixels.processing import convert_color_space

    if frames.dtype == np.uint8 and bits == 8:
        return convert_color_space(frames, "YBR_FULL", "RGB")
    luma, blue, red = (frames[..., channel].astype(np.float64) for channel in range(3))
    blue, red = blue - (1 << bits - 1), red - (1 << bits - 1)
    planes = (luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue)
    return np.round(np.stack(planes, -1).clip(0, (1 << bits) - 1)).astype(frames.dtype)


def _described(header: Any, samples: Array, bits: int, decoder: str) -> tuple[Array, PixelFormat]:
    return samples, rgb_format(header, samples, decoder, bits=bits, stored=int(header.get("BitsStored") or bits))


def rgb_format(header: Any, samples: Array, decoder: str, *, bits: int, stored: int) -> PixelFormat:
    """Return the format of RGB samples (frames, rows, columns, 3) whose white has `bits`, of `stored` in the file."""
    _, format = format_of_unsigned(samples, bits=bits, decoder=decoder, colour=True)
    return replace(format, bits=stored, **geometry_from_header(header))
