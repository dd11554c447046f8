"""Choose the first window of a grey image (PS3.3 C.11.2): the header's, that of its VOI LUT, or the whole range."""

from collections.abc import Iterator, MutableSequence
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
    of_frames = _window_of_frames(header, notes)
    if of_frames is not None:
        return of_frames
    tables = items(header, "VOILUTSequence", notes)
    if tables and not baked:
        # The viewer has windows only: the table is replaced by the linear window over its input range.
        try:
            entries, first = lookup_table(header, tables[0])
        except UNREADABLE:
            notes.append(IGNORED)
        else:
            notes.append(LUT_REPLACED)
            if first > 32767 and _is_signed(header, notes):
                first -= 65536
            return full_range_window(float(first), float(first + len(entries) - 1))
    elif tables:
        notes.append(LUT_REPLACED)
    return None


def _is_signed(header: Any, notes: list[str]) -> bool:
    """Return whether rescaling gives unsigned pixels values below zero, and a VOI LUT such an input (C.11.2.1.1)."""
    intercept = first_number(optional(header, "RescaleIntercept", notes))
    return intercept is not None and intercept < 0


def _sources(header: Any, notes: list[str]) -> Iterator[Any]:
    yield header
    for group in items(header, "SharedFunctionalGroupsSequence", notes):
        yield from items(group, "FrameVOILUTSequence", notes)


def _window_of_frames(header: Any, notes: list[str]) -> Window | None:
    """Return the window that most frames bring, if all of these bring the same, as `stack_window` has it for slices."""
    groups = items(header, "PerFrameFunctionalGroupsSequence", notes)
    sources = [source for group in groups for source in items(group, "FrameVOILUTSequence", notes)[:1]]
    windows = [window for source in sources if (window := _explicit(source, notes)) is not None]
    return windows[0] if len(set(windows)) == 1 and 2 * len(windows) > len(groups) else None


def _explicit(source: Any, notes: list[str]) -> Window | None:
    """Return the first of the windows of a data set that can be one; whatever is no window is noted."""
    values = [optional(source, name, notes) for name in ("WindowCenter", "WindowWidth")]
    if all(value is None or value == "" for value in values):
        return None
    name = str(optional(source, "VOILUTFunction", notes) or "LINEAR").strip().upper()
    function = name if name in VOI_FUNCTIONS else "LINEAR"
    pairs = zip(*(value if isinstance(value, MutableSequence) else [value] for value in values), strict=False)
    numbers = [(first_number(center), first_number(width)) for center, width in pairs]
    usable = [(center, width) for center, width in numbers if center is not None and _is_width(width, function)]
    if not usable or usable[0] != numbers[0] or name != function:
        notes.append(IGNORED)
    return (usable[0][0], usable[0][1] or 0.0, function) if usable else None


def _is_width(width: float | None, function: str) -> bool:
    return width is not None and (width >= 1 or (width > 0 and function != "LINEAR"))


def _shows(window: Window, low: float, high: float) -> bool:
    """Whether any value from `low` to `high` is grey, or some are black and some white."""
    center, width, function = window
    half = width * (SIGMOID_REACH if function == "SIGMOID" else 0.5)
    return center - half < high and low < center + half
