"""Draw pictures for the tests, and read them back."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from core.imaging.decoded_image import DecodedImage
from core.imaging.importers.picture import read

Array = np.ndarray[Any, Any]


def read_single(path: Path) -> DecodedImage:
    (image,) = read(path)
    (again,) = read(path, path.read_bytes())
    assert np.array_equal(image.samples, again.samples)
    return image


def values(image: DecodedImage) -> Array:
    """Return the rescaled values (frames, rows, columns, channels)."""
    return image.samples * image.format.slope + image.format.intercept


def scene(rows: int = 9, columns: int = 14, *, dtype: str = "uint8", top: int = 250) -> Array:
    """Return a ramp with a bright corner, which no turn leaves unchanged."""
    plane = np.linspace(0, top * 0.8, rows * columns).round().reshape(rows, columns)
    plane[:3, :4] = top
    return plane.astype(dtype)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def apng(
    path: Path, frames: list[tuple[Array, tuple[int, int]]], *, dispose: int = 0, still: tuple[Array, ...] = ()
) -> Path:
    """Write an animation of grey frames at (x, y); `still` is a picture before it that is no part of it.

    `dispose` says what becomes of each but the first (0 stays, 1 is cleared, 2 gives back what was there before).
    """
    first = still[0] if still else frames[0][0]
    head = struct.pack(">IIBBBBB", *first.shape[::-1], first.dtype.itemsize * 8, 0, 0, 0, 0)
    chunks = [chunk(b"IHDR", head), chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    chunks += [chunk(b"IDAT", _lines(one)) for one in still]
    for number, (frame, (x, y)) in enumerate(frames):
        sequence = 2 * number if still or not number else 2 * number - 1
        control = struct.pack(">IIIIIHHBB", sequence, *frame.shape[::-1], x, y, 1, 10, dispose if number else 0, 0)
        is_first = not (still or number)
        data = _lines(frame) if is_first else struct.pack(">I", sequence + 1) + _lines(frame)
        chunks += [chunk(b"fcTL", control), chunk(b"IDAT" if is_first else b"fdAT", data)]
    path.write_bytes(b"".join([b"\x89PNG\r\n\x1a\n", *chunks, chunk(b"IEND", b"")]))
    return path


def _lines(array: Array) -> bytes:
    return zlib.compress(b"".join(b"\0" + row.astype(array.dtype.newbyteorder(">")).tobytes() for row in array))


def png(path: Path, array: Array, *, colour: int, chunks: tuple[bytes, ...] = (), late: tuple[bytes, ...] = ()) -> Path:
    """Write a PNG of 8 or 16 bits; `chunks` go before the pixels, `late` ones after them."""
    rows, columns = array.shape[:2]
    head = struct.pack(">IIBBBBB", columns, rows, array.dtype.itemsize * 8, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", _lines(array))
    signature = b"\x89PNG\r\n\x1a\n"
    path.write_bytes(
        b"".join([signature, chunk(b"IHDR", head), *chunks, pixels, *late, chunk(b"IEND", b"")]),
    )
    return path


def exif_orientation(orientation: int, order: str = "<") -> bytes:
    """Return a TIFF block with the one tag Orientation."""
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "HHHIHHI", 1, 274, 3, 1, orientation, 0, 0)
