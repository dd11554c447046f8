"""Unpack the bytes of a NIfTI file, and set right what only says where they lie."""

import struct
import zlib

GZIP = b"\x1f\x8b"
OFFSETS = {b"n+1\0": (344, "f", 108, 352), b"n+2\0": (4, "q", 168, 544)}
"""Of each kind: place of its name, type and place of vox_offset, and the least that it can be."""


def unpacked(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the content of a gzip file and notes; bytes behind its end, which gzip itself passes over, are noted.

    Raises:
        EOFError, zlib.error: it is truncated or damaged.
    """
    parts, rest = [], raw
    while rest.startswith(GZIP):
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(reader.decompress(rest))
        if not reader.eof:
            raise EOFError("a gzip file ends before its end marker")
        rest = reader.unused_data
    return (b"".join(parts), ("extras",) if rest.strip(b"\0") else ()) if parts else (raw, ())


def usable_offset(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return a file whose voxels begin behind its header where vox_offset says that they begin within it, and notes."""
    for name, (at, kind, place, least) in OFFSETS.items():
        if raw[at : at + 4] == name and len(raw) >= least:
            order = "<" if raw[:4] in (struct.pack("<i", 348), struct.pack("<i", 540)) else ">"
            (offset,) = struct.unpack_from(order + kind, raw, place)
            if offset < least:
                field = struct.pack(order + kind, least)
                return b"".join([raw[:place], field, raw[place + len(field) :]]), ("ignored_attribute",)
    return raw, ()
