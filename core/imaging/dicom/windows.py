"""Choose the first window of a grey image (PS3.3 C.11.2): the header's, that of its VOI LUT, or the whole range."""

from collections.abc import Iterator
from typing import Any

from core.imaging.dicom.lookup import lookup_table
from core.imaging.dicom.values import IGNORED, UNREADABLE, first_number, items, optional
from core.imaging.voi_lut import VOI_FUNCTIONS, full_range_window

LUT_REPLACED = "voi_lut"
Window = tuple[float, float, str]


def window_of(header: Any, low: float, high: float, notes: list[str], *, baked: bool) -> Window:
    """Return center, width and function of a window over modality values from `low` to `high`."""
    for source in _sources(header, notes):
        explicit = _explicit(source, notes)
        if explicit is not None:
            return explicit
    tables = items(header, "VOILUTSequence", notes)
    if tables and not baked:
        # The viewer has windows only: the table is replaced by the linear window over its input range.
        try:
            entries, first = lookup_table(header, tables[0])
        except UNREADABLE:
            notes.append(IGNORED)
        else:
            notes.append(LUT_REPLACED)
            return full_range_window(float(first), float(first + len(entries) - 1))
    elif tables:
        notes.append(LUT_REPLACED)
    return full_range_window(low, high)


def _sources(header: Any, notes: list[str]) -> Iterator[Any]:
    yield header
    groups = items(header, "SharedFunctionalGroupsSequence", notes)
    groups += items(header, "PerFrameFunctionalGroupsSequence", notes)[:1]
    for group in groups:
        yield from items(group, "FrameVOILUTSequence", notes)


def _explicit(source: Any, notes: list[str]) -> Window | None:
    values = [optional(source, name, notes) for name in ("WindowCenter", "WindowWidth")]
    center, width = map(first_number, values)
    name = str(optional(source, "VOILUTFunction", notes) or "LINEAR").strip().upper()
    function = name if name in VOI_FUNCTIONS else "LINEAR"
    if center is not None and width is not None and (width >= 1 or (width > 0 and function != "LINEAR")):
        if name != function:
            notes.append(IGNORED)
        return center, width, function
    if any(value is not None and value != "" for value in values):
        notes.append(IGNORED)
    return None
