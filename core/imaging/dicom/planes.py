"""Unpack RLE and deflated frames, which hold cells of bytes and no codestream."""

import struct
import zlib
from itertools import pairwise
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom.compression.codestreams import RLE
from core.imaging.dicom.values import count
from core.imaging.voi_lut import Array


def decode_planes(header: Any, data: bytes, syntax: str) -> Array:
    """Return an RLE or deflated frame; RLE lies by planes whatever PlanarConfiguration says (PS3.5 G.2).

    Raises:
        RejectedFile: a deflated frame is damaged.
        ValueError: an RLE frame is damaged.
    """
    rows, columns = count(header, "Rows"), count(header, "Columns")
    bits, samples = count(header, "BitsAllocated"), count(header, "SamplesPerPixel", 1)
    size = -(-rows * columns * samples * bits // 8)
    by_planes, cell = syntax == RLE, max(1, bits // 8)
    plain = _unpack_rle(data, cell, samples, size // (cell * samples)) if by_planes else _inflate(data, size)
    if bits == 1:
        return np.unpackbits(np.frombuffer(plain, np.uint8), bitorder="little")[: rows * columns].reshape(rows, columns)
    kind = "i" if count(header, "PixelRepresentation") == 1 else "u"
    cells = np.frombuffer(plain, f"<{kind}{bits // 8}", rows * columns * samples)
    if samples == 1:
        return cells.reshape(rows, columns)
    if by_planes or count(header, "PlanarConfiguration") == 1:
        return np.ascontiguousarray(cells.reshape(samples, rows, columns).transpose(1, 2, 0))
    return cells.reshape(rows, columns, samples)


def _inflate(data: bytes, size: int) -> bytes:
    """Return a deflated frame (RFC 1951) of a size in bytes.

    Raises:
        RejectedFile: it is longer or damaged.
    """
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = reader.decompress(data, size)
    except zlib.error as error:
        raise RejectedFile("has a deflated frame that is damaged; export it again.") from error
    if len(plain) != size:
        raise RejectedFile(f"has a deflated frame of {len(plain)} bytes, not {size} as its header says.")
    return plain


def _unpack_rle(data: bytes, cell: int, samples: int, pixels: int) -> memoryview:
    """Return an RLE frame (PS3.5 annex G) by planes, in little-endian cells of a number of bytes.

    Its segments are the bytes of each sample, the highest first. imagecodecs' decoder of whole frames writes past its
    buffer where a frame is damaged; its PackBits decoder does not.

    Raises:
        ValueError: the frame is damaged, or of another depth.
    """
    import imagecodecs

    header = struct.unpack("<16I", data[:64]) if len(data) >= 64 else (0,)
    starts = header[1 : 1 + header[0]]
    if len(starts) != cell * samples or list(starts) != sorted(starts) or starts[0] < 64:
        raise ValueError(f"an RLE frame has {header[0]} segments, not {cell * samples}")
    plain = np.empty((samples, pixels, cell), np.uint8)
    for number, (start, end) in enumerate(pairwise([*starts, len(data)])):
        segment = np.frombuffer(imagecodecs.packbits_decode(data[start:end]), np.uint8)
        if len(segment) < pixels:
            raise ValueError(f"an RLE segment has {len(segment)} of {pixels} bytes")
        plain[number // cell, :, cell - 1 - number % cell] = segment[:pixels]
    return plain.reshape(-1).data
