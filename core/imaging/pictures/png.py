"""Decode PNG and animated PNG; Pillow cuts 16-bit colour, alpha and animations to 8 bits, imagecodecs does not."""

import struct
from io import BytesIO
from pathlib import Path

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
    if depth != SIXTEEN or (colour == GREY and "acTL" not in chunks):
        return read_picture(BytesIO(data))
    return _read_sixteen(data, chunks)


def _read_sixteen(data: bytes, chunks: dict[str, bytes]) -> PicturePages:
    import imagecodecs

    animated = "acTL" in chunks
    array = imagecodecs.apng_decode(data) if animated else imagecodecs.png_decode(data)
    frames = array.reshape(-1, *struct.unpack(">II", data[16:24])[::-1], _channels(array, data))
    orientation, notes = read_exif(chunks.get("eXIf"))
    return PicturePages(
        pages=[turn_upright(frame, orientation) for frame in frames],
        bits=SIXTEEN,
        decoder=f"imagecodecs {imagecodecs.__version__}",
        notes=(*notes, *(["frames"] if len(frames) > 1 else [])),
    )


def _channels(array: "object", data: bytes) -> int:
    columns, rows = struct.unpack(">II", data[16:24])
    size, shape = int(getattr(array, "size", 0)), getattr(array, "shape", ())
    last = int(shape[-1]) if shape else 1
    return last if size % (rows * columns) == 0 and len(shape) > 2 and shape[-3:-1] == (rows, columns) else 1


def _chunks(data: bytes) -> dict[str, bytes]:
    """Return the chunks that say how to read the pixels, which may also follow them."""
    chunks, at = {}, 8
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if name in (b"acTL", b"eXIf", b"tRNS"):
            chunks[name.decode()] = data[at + 8 : at + 8 + size]
        at += 12 + size
    return chunks
