"""Choose the first window of a grey image (PS3.3 C.11.2): the header's, that of its VOI LUT, or the whole range."""

from collections.abc import Iterator
from typing import Any

from core.imaging.dicom.lookup import lookup_table
from core.imaging.dicom.values import IGNORED, UNREADABLE, first_number, items, optional
from core.imaging.pixel_format import full_range_window
from core.imaging.voi_lut import VOI_FUNCTIONS

LUT_REPLACED, WINDOW_OUTSIDE = "voi_lut", "window_outside"
SIGMOID_REACH = 1.56  # in widths: at this distance from its center a sigmoid is half of a 255th from black or white
Window = tuple[float, float, str]


def window_of(header: Any, low: float, high: float, notes: list[str], *, baked: bool) -> Window:
    """Return center, width and function of a window over modality values from `low` to `high`.

    A window that would show all of these values black, or all white, is left out.
    """
    window = _header_window(header, notes, baked=baked)
    if window is not None and (low == high or _shows(window, low, high)):
        return window
    if window is not None:
        notes.append(WINDOW_OUTSIDE)
    return full_range_window(low, high)


def _header_window(header: Any, notes: list[str], *, baked: bool) -> Window | None:
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
    return None


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


def _shows(window: Window, low: float, high: float) -> bool:
    """Whether any value from `low` to `high` is grey, or some are black and some white."""
    center, width, function = window
    half = width * (SIGMOID_REACH if function == "SIGMOID" else 0.5)
    return center - half < high and low < center + half
