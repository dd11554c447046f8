"""Colour indexed frames by their palette (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6), whatever the width of its entries."""

from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom.colour import rgb_format
from core.imaging.dicom.lookup import Entries, described, look_up, table_entries
from core.imaging.dicom.segmented_palette import expanded
from core.imaging.dicom.values import UNREADABLE
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array

WIDTH = "palette_width"
CHANNELS = ("Red", "Green", "Blue")


def palette(header: Any, frames: Array, decoder: str, notes: list[str]) -> tuple[Array, PixelFormat]:
    """Return RGB samples (frames, rows, columns, 3), of 8 bits unless the palette has more colours than 8 bits tell.

    Raises:
        RejectedFile: the palette is missing or damaged.
    """
    try:
        tables = [_channel(header, name) for name in CHANNELS]
    except UNREADABLE as error:
        raise RejectedFile("has colours by a palette that is missing or damaged; export it again as RGB.") from error
    bits = _bits(header, [entries for entries, _ in tables], notes)
    shown = [(_as_eight_bits(entries, bits), first) for entries, first in tables]
    if _tells_more([entries for entries, _ in tables], [entries for entries, _ in shown]):
        samples = np.stack([look_up(frames, entries, first) for entries, first in tables], -1)
    else:
        samples, bits = np.stack([look_up(frames, entries, first) for entries, first in shown], -1), 8
    stored = int(header.get("BitsStored") or 8)
    return samples, rgb_format(header, samples, decoder, bits=bits, stored=stored)


def _channel(header: Any, name: str) -> tuple[Entries, int]:
    descriptor = header[f"{name}PaletteColorLookupTableDescriptor"].value
    count, first = described(header, descriptor)
    segmented = f"Segmented{name}PaletteColorLookupTableData"
    if segmented in header:
        return expanded(header, header[segmented], count, int(descriptor[2])), first
    return table_entries(header, header, f"{name}PaletteColorLookupTableData", count), first


def _bits(header: Any, tables: list[Entries], notes: list[str]) -> int:
    """Return how many bits the entries have: as declared, unless they say otherwise.

    Entries of 8 bits may lie in the low bytes of words (the note of C.7.6.3.1.5), declared as 8 or as 16 bits; others
    declare 8 bits for entries that fill their words.
    """
    declared = int(header["RedPaletteColorLookupTableDescriptor"].value[2])
    highest = max(int(table.max()) for table in tables)
    used = 8 if highest < 256 else declared if 8 < declared <= 16 and highest < 1 << declared else 16
    if used != declared:
        notes.append(WIDTH)
    return used


def _as_eight_bits(entries: Entries, bits: int) -> Array:
    if bits in (8, 16):
        return (entries >> (bits - 8)).astype(np.uint8)
    return np.round(entries * (255.0 / ((1 << bits) - 1))).astype(np.uint8)


def _tells_more(full: list[Entries], shown: list[Array]) -> bool:
    """Return whether full entries tell colours apart that 8 bits do not."""
    counts = [_distinct(tables) for tables in (full, shown)]
    return counts[0] > counts[1]


def _distinct(tables: list[Any]) -> int:
    length = min(map(len, tables))
    red, green, blue = (table[:length].astype(np.uint64) for table in tables)
    return len(np.unique(red << 32 | green << 16 | blue))
