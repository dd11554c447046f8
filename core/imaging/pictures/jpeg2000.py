"""Decode JPEG 2000 (also high-throughput) and JPEG XL."""

import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.imaging.pictures.jpeg_xl_header import depth_and_orientation
from core.imaging.pictures.orientation import UPRIGHT
from core.imaging.pictures.pages import PicturePages, check_pixels
from core.imaging.voi_lut import Array

CODESTREAM = b"\xff\x4f\xff\x51"  # SOC and SIZ, ISO/IEC 15444-1 A.4 and A.5


def read_jpeg2000(source: Path | BytesIO) -> PicturePages:
    """Return the picture."""
    import imagecodecs

    data = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    at = data.index(CODESTREAM)
    right, bottom, left, top = struct.unpack(">4I", data[at + 8 : at + 24])
    check_pixels(right - left, bottom - top)
    bits = (data[at + 42] & 0x7F) + 1  # Ssiz of the first component
    return _pages(np.asarray(imagecodecs.jpeg2k_decode(data)), bits, imagecodecs, frames=1)


def read_jpeg_xl(source: Path | BytesIO) -> PicturePages:
    """Return the picture, or all frames of an animation, which the decoder turns upright as the file says."""
    import imagecodecs

    data = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    bits, orientation = depth_and_orientation(data)
    array = np.asarray(imagecodecs.jpegxl_decode(data))
    frames = array.shape[0] if array.ndim == 4 or (array.ndim == 3 and array.shape[-1] > 4) else 1
    pages = _pages(array, min(bits, array.dtype.itemsize * 8), imagecodecs, frames=frames)
    return replace(pages, notes=(*pages.notes, "turned")) if orientation != UPRIGHT else pages


def _pages(array: Array, bits: int, codecs: Any, *, frames: int) -> PicturePages:
    pages = array if frames > 1 or array.ndim == 4 else array[np.newaxis]
    pages = pages if pages.ndim == 4 else pages[..., np.newaxis]
    notes = ("frames",) if frames > 1 else ()
    return PicturePages(pages=list(pages), bits=bits, decoder=f"imagecodecs {codecs.__version__}", notes=notes)
