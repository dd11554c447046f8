"""Decode PNG and animated PNG: by imagecodecs what Pillow cuts to 8 bits, or whose transparency it misses."""

import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np

from core.errors import RejectedFile
from core.imaging.pictures.orientation import read_exif, turn_upright
from core.imaging.pictures.pages import PicturePages, check_pixels
from core.imaging.pictures.pillow import read_picture

GREY, SIXTEEN = 0, 16
HEADER = 33  # bytes: signature, and the chunk IHDR


def read_png(source: Path | BytesIO) -> PicturePages:
    """Return the picture, or all frames of an animation."""
    data = source.read_bytes() if isinstance(source, Path) else source.getvalue()
    if len(data) < HEADER or data[12:16] != b"IHDR":
        raise RejectedFile("is a damaged or truncated picture and cannot be decoded.")
    columns, rows, depth, colour = struct.unpack(">IIBB", data[16:26])
    check_pixels(columns, rows)
    chunks = _chunks(data)
    is_animated, is_transparent = "acTL" in chunks, "tRNS" in chunks and depth < 8
    if (depth == SIXTEEN and (colour != GREY or is_animated)) or (
        is_transparent and colour == GREY and not is_animated
    ):
        return _read_with_libpng(data, chunks, columns, rows)
    try:
        return read_picture(BytesIO(data))
    except (OSError, SyntaxError, ValueError):
        if is_animated:
            raise
        # Pillow refuses damaged texts and colour profiles, libpng passes over them.
        pages = _read_with_libpng(data, chunks, columns, rows)
        return replace(pages, notes=(*pages.notes, "extras"))


def _read_with_libpng(data: bytes, chunks: dict[str, bytes], columns: int, rows: int) -> PicturePages:
    import imagecodecs

    array = np.asarray(imagecodecs.apng_decode(data) if "acTL" in chunks else imagecodecs.png_decode(data))
    has_channels = array.ndim > 2 and array.shape[-3:-1] == (rows, columns) and array.shape[-1] <= 4
    frames = array.reshape(-1, rows, columns, array.shape[-1] if has_channels else 1)
    names = list(chunks)
    if len(frames) > 1 and names.index("IDAT") < names.index("fcTL"):  # shown where animations are not known
        frames = frames[1:]
    orientation, notes = read_exif(chunks.get("eXIf"))
    return PicturePages(
        pages=[turn_upright(frame, orientation) for frame in frames],
        bits=array.dtype.itemsize * 8,
        decoder=f"imagecodecs {imagecodecs.__version__}",
        notes=(*notes, *(["frames"] if len(frames) > 1 else [])),
    )


def _chunks(data: bytes) -> dict[str, bytes]:
    """Return the chunks that say how to read the pixels, which may also follow them, in the order of the first."""
    chunks: dict[str, bytes] = {}
    at = 8
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if name in (b"acTL", b"eXIf", b"fcTL", b"IDAT", b"tRNS"):
            chunks.setdefault(name.decode(), b"" if name == b"IDAT" else data[at + 8 : at + 8 + size])
        at += 12 + size
    return chunks
