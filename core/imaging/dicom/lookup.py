"""Read lookup tables (PS3.3 C.11.1.1): a descriptor of three numbers, and entries of 8 or 16 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.imaging.voi_lut import Array

Entries = NDArray[np.uint16]


def lookup_table(header: Any, item: Any) -> tuple[Entries, int]:
    """Return the entries of a table and the first stored value that it maps.

    Raises:
        ValueError: the table is empty, or shorter than its descriptor says.
    """
    count, first = described(header, item.LUTDescriptor)
    entries = table_entries(header, item, "LUTData", count)
    return entries[:count], first


def described(header: Any, descriptor: Any) -> tuple[int, int]:
    """Return the number of entries (0 says 65,536) and the first stored value, which is signed where pixels are."""
    count, first = int(descriptor[0]) & 0xFFFF, int(descriptor[1])
    signed = header.get("PixelRepresentation") == 1
    return count or 65536, first - 65536 if signed and first > 32767 else first


def table_entries(header: Any, place: Any, name: str, count: int) -> Entries:
    """Return the entries of a table, of words or of bytes.

    Raises:
        ValueError: there are fewer than `count`.
    """
    element = place[name]
    value, order = element.value, "<" if _is_little(header) else ">"
    if isinstance(value, bytes):
        if len(value) >= 2 * count:
            return np.frombuffer(value, f"{order}u2", count).astype(np.uint16)
        if len(value) < count:
            raise ValueError(f"{name} has {len(value)} bytes for {count} entries")
        plain = np.frombuffer(value, np.uint8)
        if order == ">" and element.VR == "OW" and len(value) % 2 == 0:  # two entries in each word
            plain = plain.reshape(-1, 2)[:, ::-1].ravel()
        return plain[:count].astype(np.uint16)
    numbers = np.atleast_1d(np.asarray(value, dtype=np.int64)) & 0xFFFF
    if len(numbers) >= count:
        return numbers[:count].astype(np.uint16)
    if 2 * len(numbers) < count:
        raise ValueError(f"{name} has {len(numbers)} entries, not {count}")
    return numbers.astype("<u2").view(np.uint8)[:count].astype(np.uint16)


def _is_little(header: Any) -> bool:
    return str(header.file_meta.get("TransferSyntaxUID") or "") != "1.2.840.10008.1.2.2"


def look_up(frames: Array, entries: Array, first: int) -> Array:
    """Return the entry of each stored value; values below and above the table get its first and last entry."""
    low, high = int(frames.min()), int(frames.max())
    if first <= low and high < first + len(entries):
        return entries[frames.astype(np.int32) - first]
    return entries[np.clip(frames.astype(np.int64) - first, 0, len(entries) - 1)]
