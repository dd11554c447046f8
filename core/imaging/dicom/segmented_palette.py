"""Expand segmented palettes (PS3.3 C.7.9.2): discrete entries, linear ramps, and references to segments before."""

from typing import Any

import numpy as np

from core.imaging.dicom.lookup import Entries

DISCRETE, LINEAR, INDIRECT = 0, 1, 2
LONGEST = 65536  # entries of a table


def expanded(header: Any, element: Any, count: int, bits: int) -> Entries:
    """Return the entries of a segmented table.

    Raises:
        ValueError: it is damaged, or shorter than `count`.
    """
    value = element.value
    if bits == 8 and isinstance(value, bytes):
        return _table(list(value), count, 1)
    if isinstance(value, bytes):
        big = str(header.file_meta.get("TransferSyntaxUID") or "") == "1.2.840.10008.1.2.2"
        words = np.frombuffer(value[: len(value) // 2 * 2], ">u2" if big else "<u2").tolist()
    else:
        words = [int(word) & 0xFFFF for word in np.atleast_1d(np.asarray(value)).tolist()]
    return _table(words, count, 2)


def _table(cells: list[int], count: int, size: int) -> Entries:
    entries = _entries(cells, 0, len(cells), [], size)
    if len(entries) < count:
        raise ValueError(f"a segmented palette has {len(entries)} entries, not {count}")
    return np.array(entries[:count], dtype=np.uint16)


def _entries(cells: list[int], at: int, segments: int, entries: list[int], size: int) -> list[int]:
    """Append a number of segments from a place on; cells are of `size` bytes."""
    while at + 1 < len(cells) and segments > 0 and len(entries) <= LONGEST:
        kind, length, rest = cells[at], cells[at + 1], cells[at + 2 :]
        if kind == DISCRETE:
            entries += rest[:length]
            at += 2 + length
        elif kind == LINEAR and entries and rest:
            entries += _ramp(entries[-1], rest[0], length)
            at += 3
        elif kind == INDIRECT and (target := _target(rest, size)) < at:
            _entries(cells[:at], target, length, entries, size)
            at += 2 + 4 // size
        else:
            raise ValueError(f"a segmented palette has the segment type {kind}")
        segments -= 1
    return entries


def _target(cells: list[int], size: int) -> int:
    """Return the cell of a byte offset of 32 bits, its lowest part first."""
    return sum(part << 8 * size * place for place, part in enumerate(cells[: 4 // size])) // size


def _ramp(start: int, end: int, length: int) -> list[int]:
    ramp = np.linspace(start, end, length + 1)[1:]
    return [int(entry) for entry in np.around(ramp)]
