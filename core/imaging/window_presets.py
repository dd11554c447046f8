"""Windows that a user chooses in place of the one first shown: presets, a level and width, each image's own range."""

from collections.abc import Mapping
from types import MappingProxyType

from core.imaging.pixel_format import PixelFormat, full_range_window
from core.imaging.stacks import StackWindow

HOUNSFIELD = "HU"
CT_PRESETS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "CT soft tissue": (40.0, 400.0),
        "CT mediastinum": (50.0, 350.0),
        "CT lung": (-600.0, 1500.0),
        "CT liver": (90.0, 150.0),
        "CT bone": (480.0, 2500.0),
        "CT brain": (40.0, 80.0),
    }
)
"""Level and width in HU: the window level presets of OHIF (extensions/cornerstone, defaultWindowLevelPresets.ts).

OHIF has none for the mediastinum; 50/350 is in common use. The viewer has the same presets.
"""


def with_window(format: PixelFormat, center: float, width: float) -> PixelFormat:
    """Return the format with a window of this level and width in modality values; colour stays as it is.

    HU are whole numbers, for which LINEAR is defined (PS3.3 C.11.2.1.2.1); other values may be fractions.
    """
    function = "LINEAR" if format.unit == HOUNSFIELD else "LINEAR_EXACT"
    return StackWindow(center, width, function).applied_to(format)


def with_full_range(format: PixelFormat) -> PixelFormat:
    """Return the format with a window from its lowest to its highest value without padding; colour stays as it is."""
    return StackWindow(*full_range_window(format.low, format.high)).applied_to(format)
