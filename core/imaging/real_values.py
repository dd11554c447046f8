"""Store real values of any type as 16-bit samples with slope and intercept; samples without a value become padding."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import RejectedFile
from core.imaging.pixel_format import PixelFormat, full_range_window
from core.imaging.value_steps import EPSILON, even_step
from core.imaging.voi_lut import Array

TOP = 65535
PADDING = (0.0, 0.0)
LARGEST, SMALLEST = 3.4e38, 1.2e-38  # of 32-bit floating-point numbers


@dataclass(frozen=True, slots=True)
class EncodedValues:
    """Samples of frames (frames, rows, columns): a value is slope * sample + intercept; `padding` has none."""

    samples: NDArray[np.uint16]
    slope: float
    intercept: float
    low: float
    high: float
    padding: tuple[float, float] | None
    notes: tuple[str, ...]


def encode_values(values: Array, *, slope: float = 1.0, intercept: float = 0.0) -> EncodedValues:
    """Encode slope * values + intercept: exact where whole numbers fit into 16 bits, else in 65,535 equal steps.

    NaN and infinities become sample 0, which is padding then.

    Raises:
        RejectedFile: no finite value, or values that 32-bit floating-point numbers cannot hold.
    """
    ranges = [_finite_range(frame) for frame in values]
    lows = [low for low, _, _ in ranges if low is not None]
    if not lows:
        raise RejectedFile("has no finite value (all are NaN or infinite); export it again.")
    low, high = min(lows), max(top for _, top, _ in ranges if top is not None)
    first = int(any(holes for _, _, holes in ranges))
    step, _ = step_of(values, high - low, TOP - first)
    ends = sorted((slope * float(low) + intercept, slope * float(high) + intercept))
    _check_precision(values.dtype, ends, abs(slope) * float(high - low), abs(slope) * step if high > low else 1.0)
    samples, is_exact = _quantise(values, low, step, first)
    return EncodedValues(
        samples=samples,
        slope=slope * step,
        intercept=slope * (float(low) - first * step) + intercept,
        low=ends[0],
        high=ends[1],
        padding=PADDING if first else None,
        notes=(*(["not_finite"] if first else []), *([] if is_exact else ["quantised"])),
    )


def format_of_values(encoded: EncodedValues, *, decoder: str, photometric: str, **geometry: Any) -> PixelFormat:
    """Return the format of encoded values, whose window spans all of them."""
    center, width, function = full_range_window(encoded.low, encoded.high)
    frames, rows, columns = encoded.samples.shape
    return PixelFormat(
        rows=rows,
        columns=columns,
        frames=frames,
        channels=1,
        dtype="uint16",
        bits=16,
        photometric=photometric,
        slope=encoded.slope,
        intercept=encoded.intercept,
        low=encoded.low,
        high=encoded.high,
        window_center=center,
        window_width=width,
        voi_function=function,
        decoder=decoder,
        padding=encoded.padding,
        **geometry,
    )


def _finite_range(frame: Array) -> tuple[Any, Any, bool]:
    """Return the lowest and the highest finite value (None if there is none), and whether any is not finite."""
    if frame.dtype.kind in "iub":
        return int(frame.min()), int(frame.max()), False
    finite = np.isfinite(frame)
    if finite.all():
        return float(frame.min()), float(frame.max()), False
    finite_values = frame[finite]
    return (float(finite_values.min()), float(finite_values.max()), True) if finite_values.size else (None, None, True)


def _is_whole(frame: Array) -> bool:
    finite = frame[np.isfinite(frame)]
    return bool((finite == np.round(finite)).all())


def step_of(values: Array, span: float, most_steps: int) -> tuple[float, bool]:
    """Return the step in which to store values (frames, …) over a span, and whether it gives each of them back.

    It is 1 for whole numbers that fit, else an even step on which all lie, else the span by `most_steps`.
    """
    if span == 0 or (span <= most_steps and (values.dtype.kind in "iub" or all(map(_is_whole, values)))):
        return 1.0, True
    even = even_step(values, most_steps) if values.dtype.kind == "f" else None
    return (even, True) if even else (float(span) / most_steps, False)


def _quantise(values: Array, low: Any, step: float, first: int) -> tuple[NDArray[np.uint16], bool]:
    """Return the samples, made frame by frame to save memory, and whether they give back the values."""
    samples, is_exact = np.empty(values.shape, np.uint16), True
    for frame, into in zip(values, samples, strict=True):
        finite = np.isfinite(frame)
        above = (
            np.where(finite, frame, low).astype(np.float64) - low if values.dtype.kind == "f" else _above(frame, low)
        )
        steps = above if values.dtype.kind in "iub" and step == 1.0 else np.round(above / step)
        into[...] = np.where(finite, steps + first, 0)
        tolerance = EPSILON * (np.abs(above) + abs(float(low)))
        is_exact = is_exact and bool((np.abs(steps * step - above) <= tolerance).all())
    return samples, is_exact


def _above(frame: Array, low: int) -> Array:
    """Return the differences from the lowest whole number, which all unsigned 64-bit numbers can hold."""
    return frame.astype(np.uint64) - np.uint64(low % (1 << 64))


def _check_precision(dtype: Any, ends: list[float], span: float, step: float) -> None:
    largest = max(abs(ends[0]), abs(ends[1]), span)
    if not largest <= LARGEST or step < SMALLEST:
        raise RejectedFile(
            f"has values from {ends[0]:g} to {ends[1]:g}, beyond 32-bit floating-point numbers; rescale them."
        )
    has_finer = dtype.kind in "iu" or dtype.itemsize > 4  # than 32-bit floating-point values have
    if has_finer and 0 < span < largest * EPSILON * 255:
        raise RejectedFile(
            f"has values from {ends[0]:.17g} to {ends[1]:.17g}, whose differences 32-bit floating-point numbers cannot "
            "show; subtract the lowest value and save it again."
        )
