"""Take the stored bits out of their cells (PS3.5 8.1.1): BitsStored of BitsAllocated, the highest one at HighBit."""

from typing import Any

import numpy as np

from core.imaging.dicom.padding import Range, padding_range, within
from core.imaging.dicom.values import IGNORED, count
from core.imaging.voi_lut import Array

OVERLAY = "overlay_bits"


def bits_stored(header: Any, width: int) -> int:
    """Return BitsStored; `width` if it is absent, or more than a decoder's cell of that width."""
    stored = count(header, "BitsStored")
    return stored if 1 <= stored <= width else width


def stored_values(frames: Array, header: Any, notes: list[str]) -> Array:
    """Return the stored values: the view itself where no other bits are set.

    Bits above and below belong to overlays (retired in DICOM) or to nothing. A sample that is padding keeps its bits:
    scanners write padding in all of the cell.
    """
    width = frames.dtype.itemsize * 8
    stored = bits_stored(header, width)
    high = _high_bit(header, stored, width, notes)
    if width == stored:
        return frames
    if high == stored - 1:
        return _without_high_bits(frames, stored, padding_range(header, frames.dtype), notes)
    if (frames & ((1 << high + 1 - stored) - 1)).any():
        notes.append(OVERLAY)
    return (frames << (width - 1 - high)) >> (width - stored)


def _high_bit(header: Any, stored: int, width: int, notes: list[str]) -> int:
    """Return HighBit; BitsStored - 1 if it is absent, and with a note if it is impossible."""
    usual = stored - 1
    high = count(header, "HighBit", usual)
    if high == count(header, "BitsStored") - 1:
        return usual
    if usual <= high < width:
        return high
    notes.append(IGNORED)
    return usual


def _without_high_bits(frames: Array, stored: int, padding: Range | None, notes: list[str]) -> Array:
    top, unused = 1 << stored, frames.dtype.itemsize * 8 - stored
    signed = frames.dtype.kind == "i"
    low, high = (-top // 2, top // 2 - 1) if signed else (0, top - 1)
    if low <= frames.min() and frames.max() <= high:
        return frames
    values = (frames << unused) >> unused
    if padding is not None and (padding[0] < low or padding[1] > high):
        outside = within(frames, padding)
        if not signed and (frames[~outside] > high).any():
            notes.append(OVERLAY)
        return np.where(outside, frames, values)
    if not signed:  # signed values may lie with or without their sign extended
        notes.append(OVERLAY)
    return values
