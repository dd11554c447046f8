"""Find what lies outside a grey image: padding that the header names, and a constant value around a round CT image.

Padding is in no window and no statistic, and is drawn as background (PS3.3 C.7.5.1.1.2).
"""

from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.imaging.voi_lut import Array

Range = tuple[float, float]
WORD = Struct("<H")
LOWEST_AIR = -1024.0  # HU; scanners write what lies outside the reconstruction circle below it: -2000, -3024
ROUND = 1.5  # pixels; tolerance of a circle's edge


def padding_range(header: Any, dtype: "np.dtype[Any]") -> Range | None:
    """Return the inclusive range of padding that the header names, in stored values of a type; None if it names none.

    PixelPaddingValue and PixelPaddingRangeLimit are its ends in either order. Writers mix their signs up, so each is
    read as the bits of a stored value.
    """
    names = ("FloatPixelPadding", "DoubleFloatPixelPadding") if dtype.kind == "f" else ("PixelPadding",)
    for name in names:
        value, limit = (_number(header.get(f"{name}{end}"), dtype) for end in ("Value", "RangeLimit"))
        if value is not None:
            ends = (value, value if limit is None else limit)
            return min(ends), max(ends)
    return None


def _number(value: Any, dtype: "np.dtype[Any]") -> float | None:
    if isinstance(value, bytes) and len(value) == WORD.size:
        value = WORD.unpack(value)[0]
    if not isinstance(value, int | float):
        return None
    if dtype.kind == "f":
        return float(value)
    limits, span = np.iinfo(dtype), 1 << dtype.itemsize * 8
    readings = (value + turn for turn in (0, -65536, 65536, -span, span))
    return float(next((one for one in readings if limits.min <= one <= limits.max), value))


def within(frames: Array, limits: Range) -> NDArray[np.bool_]:
    """Return where values lie in an inclusive range."""
    low, high = limits
    if frames.dtype.kind != "f":
        low, high = int(low), int(high)
    return (frames == low) if low == high else (frames >= low) & (frames <= high)


def background_value(frames: Array, *, slope: float, intercept: float) -> Range | None:
    """Return the value around a round CT image, as a range; None if no single value lies there.

    It is the lowest, stands in all four corners, and a circle in the middle of the image parts it from all others. The
    circle touches the edges; a smaller one counts where the value is below that of air, or farther below all others
    than those differ.
    """
    lowest = frames.min()
    corners = frames[:, :: frames.shape[1] - 1 or 1, :: frames.shape[2] - 1 or 1]
    if frames.shape[1] < 8 or frames.shape[2] < 8 or not (corners == lowest).all():
        return None
    outside = frames == lowest
    rest = frames[~outside]
    if not rest.size or rest.min() == rest.max() or slope <= 0:
        return None
    y, x = (np.arange(size) - (size - 1) / 2 for size in frames.shape[1:])
    radius = np.hypot(y[:, np.newaxis], x)
    inscribed = min(frames.shape[1:]) / 2 - ROUND
    everywhere, anywhere = outside.all(axis=0), outside.any(axis=0)
    nearest, farthest = radius[anywhere].min(), radius[~everywhere].max()
    apart = lowest * slope + intercept < LOWEST_AIR or int(rest.min()) - int(lowest) > int(rest.max()) - int(rest.min())
    if nearest > inscribed or (apart and farthest - nearest <= ROUND):
        return float(lowest), float(lowest)
    return None
