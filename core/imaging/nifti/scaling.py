"""Check the slope and the intercept of a NIfTI header, of which nibabel refuses some that others leave out."""

import math
import struct

FIRST, SECOND = ("f", 112), ("d", 176)
"""Type and place of scl_slope in NIfTI-1 and NIfTI-2; scl_inter follows it."""


def usable_scaling(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the file with an intercept of 0 where it is not a finite number, and notes.

    A slope of 0 means "no scaling" (NIfTI-1), one that is not a finite number is left out by nibabel.
    """
    kind, at = SECOND if raw[4:8] == b"n+2\x00" else FIRST
    size = struct.calcsize(kind)
    if len(raw) < at + 2 * size:
        return raw, ()
    order = "<" if raw[:4] in (struct.pack("<i", 348), struct.pack("<i", 540)) else ">"
    slope, intercept = struct.unpack_from(f"{order}2{kind}", raw, at)
    if not math.isfinite(slope):
        return raw, ("bad_scaling",)
    if slope == 0 or math.isfinite(intercept):
        return raw, ()
    return b"".join([raw[: at + size], bytes(size), raw[at + 2 * size :]]), ("bad_scaling",)
