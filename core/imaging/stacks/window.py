"""Give the one window of a stack, from the formats of all its slices after rescaling."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.imaging.pixel_format import PixelFormat, full_range_window


@dataclass(frozen=True, slots=True)
class StackWindow:
    """A window in modality values (such as HU), with its VOI function."""

    center: float
    width: float
    function: str = "LINEAR_EXACT"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {"center": self.center, "width": self.width, "function": self.function}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "StackWindow":
        """Return the window that `to_json` described."""
        return cls(float(data["center"]), float(data["width"]), str(data["function"]))

    def applied_to(self, format: PixelFormat) -> PixelFormat:
        """Return the format of a slice with the window of its stack; colour stays as it is."""
        if format.channels != 1:
            return format
        return replace(format, window_center=self.center, window_width=self.width, voi_function=self.function)


def stack_window(formats: Sequence[PixelFormat]) -> StackWindow | None:
    """Return the window of a stack; None if it has no grey slice.

    Where most slices bring a window, and all that bring one the same, that is it. Else it spans the values of all
    slices: a window of its own would show one tissue in several greys, so windows of single slices (of scanners that
    adapt them) do not count. A window over the whole range of its slice is none that a slice brings.
    """
    grey = [one for one in formats if one.channels == 1]
    if not grey:
        return None
    windows = [_window(one) for one in grey]
    brought = [
        window
        for window, format in zip(windows, grey, strict=True)
        if window != full_range_window(format.low, format.high)
    ]
    if len(set(windows)) == 1 or (len(set(brought)) == 1 and 2 * len(brought) > len(grey)):
        return StackWindow(*(brought or windows)[0])
    return StackWindow(*full_range_window(min(one.low for one in grey), max(one.high for one in grey)))


def _window(format: PixelFormat) -> tuple[float, float, str]:
    return format.window_center, format.window_width, format.voi_function
