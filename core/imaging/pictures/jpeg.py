"""Decode JPEG of 8 to 16 bits: baseline, extended, progressive, lossless, and JPEG-LS."""

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from core.errors import RejectedFile
from core.imaging.pictures.orientation import read_exif, turn_upright
from core.imaging.pictures.pages import PicturePages, check_pixels
from core.imaging.pictures.pillow import read_picture

# Markers of ITU-T T.81, table B.1
FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
LOSSLESS, JPEG_LS = 0xC3, 0xF7
HIERARCHICAL = {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF}
ALONE = {0x01, *range(0xD0, 0xD9)}  # without a length
SCAN = 0xDA
EXIF = 0xE1


def read_jpeg(source: Path | BytesIO) -> PicturePages:
    """Return the picture."""
    data = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    exif, frame, bits = None, 0, 8
    for marker, segment in _segments(data):
        if marker == EXIF and segment.startswith(b"Exif\0\0") and exif is None:
            exif = segment
        if marker in FRAMES and len(segment) >= 5:
            frame, (bits, rows, columns) = marker, struct.unpack(">BHH", segment[:5])
            check_pixels(columns, rows)
            break
    if frame in HIERARCHICAL:
        raise RejectedFile("is a hierarchical JPEG, which no reader supports; save it as a plain JPEG or a PNG.")
    if bits == 8 and frame not in (LOSSLESS, JPEG_LS):
        return read_picture(BytesIO(data))
    return _read_deep(data, frame, bits, exif)


def _read_deep(data: bytes, frame: int, bits: int, exif: bytes | None) -> PicturePages:
    import imagecodecs

    decode = imagecodecs.jpegls_decode if frame == JPEG_LS else imagecodecs.jpeg_decode
    array = np.asarray(decode(data))
    page = array if array.ndim == 3 else array[..., np.newaxis]
    orientation, notes = read_exif(exif)
    decoder = f"imagecodecs {imagecodecs.__version__}"
    return PicturePages(pages=[turn_upright(page, orientation)], bits=bits, decoder=decoder, notes=notes)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the markers before the first scan, each with its content."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] == 0xFF:  # fill bytes
            at += 1
            continue
        marker = data[at + 1]
        if marker == SCAN:
            return
        if marker in ALONE or marker == 0:
            at += 2
            continue
        size = struct.unpack(">H", data[at + 2 : at + 4])[0]
        yield marker, data[at + 4 : at + 2 + size]
        at += 2 + max(size, 2)
