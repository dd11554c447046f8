"""Map stored samples to grey values as DICOM PS3.3 C.7.6.3 and C.11 define: modality, VOI window, inversion."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.imaging.pixel_format import BYTES, PixelFormat, full_range_window

Array = NDArray[Any]


def read_samples(path: Path, format: PixelFormat, *, offset: int = 0, frame: int | None = None) -> Array:
    """Memory-map the samples read-only: (frames, rows, columns, channels), or one frame (rows, columns, channels)."""
    shape = (format.frames, format.rows, format.columns, format.channels)
    dtype = np.dtype(format.dtype).newbyteorder("<")
    view = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
    return view if frame is None else view[frame]


def to_values(samples: Array, format: PixelFormat) -> NDArray[np.float32]:
    """Return modality values (HU for CT)."""
    return (samples.astype(np.float32) * np.float32(format.slope) + np.float32(format.intercept)).astype(np.float32)


def _linear(values: Array, center: float, width: float) -> Array:
    # PS3.3 C.11.2.1.2.1 defines the offsets 0.5 and 1
    if width <= 1:
        return np.where(values <= center - 0.5, 0.0, 255.0)
    return np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255.0, 0.0, 255.0)


def _linear_exact(values: Array, center: float, width: float) -> Array:
    # PS3.3 C.11.2.1.3.2
    if width <= 0:
        return np.where(values <= center, 0.0, 255.0)
    return np.clip(((values - center) / width + 0.5) * 255.0, 0.0, 255.0)


def _sigmoid(values: Array, center: float, width: float) -> Array:
    # PS3.3 C.11.2.1.3.1
    exponent = np.clip(-4.0 * (values - center) / max(width, 1e-9), -80.0, 80.0)
    return 255.0 / (1.0 + np.exp(exponent))


VOI_FUNCTIONS: dict[str, Callable[[Array, float, float], Array]] = {
    "LINEAR": _linear,
    "LINEAR_EXACT": _linear_exact,
    "SIGMOID": _sigmoid,
}


def window(values: Array, *, center: float, width: float, function: str = "LINEAR") -> Array:
    """Map modality values to unrounded greys in 0..255; the caller inverts MONOCHROME1."""
    return VOI_FUNCTIONS[function](values, center, width)


def to_grey(
    samples: Array,
    format: PixelFormat,
    *,
    center: float | None = None,
    width: float | None = None,
    invert: bool = False,
) -> NDArray[np.uint8]:
    """Return one frame (rows, columns, channels) in 8 bits: (rows, columns), or (rows, columns, 3) for colour."""
    return np.round(to_unrounded_grey(samples, format, center=center, width=width, invert=invert)).astype(np.uint8)


def to_unrounded_grey(
    samples: Array,
    format: PixelFormat,
    *,
    center: float | None = None,
    width: float | None = None,
    invert: bool = False,
) -> Array:
    """Return what `to_grey` returns, with fractions: 16-bit images keep more than 256 levels.

    Padding is background: black, whatever the polarity (PS3.3 C.7.5.1.1.2).
    """
    if format.channels == 3:
        colour = samples * np.float32(255.0 / (format.high or 255.0)) if format.dtype == "uint16" else samples
        return 255 - colour if invert else colour
    shown = (
        format.window_center if center is None else center,
        format.window_width if width is None else width,
        (format.photometric == "MONOCHROME1") != invert,
    )
    plane, levels = samples[..., 0], 1 << 8 * BYTES[format.dtype]
    if plane.size <= levels:
        return _greys(plane, format, *shown)
    return _greys(np.arange(levels), format, *shown)[plane]  # fewer values than pixels


def _greys(stored: Array, format: PixelFormat, center: float, width: float, inverted: bool) -> NDArray[np.float32]:
    """Return the greys of stored samples, computed in float64 as the viewer does.

    In float32, values far from zero in small steps would fall together, and a narrow window would begin elsewhere.
    """
    values = stored * float(format.slope) + float(format.intercept)
    grey = window(values, center=center, width=width, function=format.voi_function)
    if inverted:
        grey = 255.0 - grey
    outside = is_padding(stored, format)
    return (grey if outside is None else np.where(outside, 0.0, grey)).astype(np.float32)


def is_padding(samples: Array, format: PixelFormat) -> NDArray[np.bool_] | None:
    """Return where stored samples lie outside the image; None if the format has no padding."""
    if format.padding is None:
        return None
    low, high = format.padding
    return (samples >= math.ceil(low)) & (samples <= math.floor(high))


def format_of_unsigned(array: Array, *, bits: int, decoder: str, colour: bool = False) -> tuple[Array, PixelFormat]:
    """Return samples and format of unsigned pictures (frames, rows, columns[, 3]), uint8 or uint16, without rescale.

    The window spans 8 bits, or 0 to the greatest value of 16 bits. Of colour, `high` is the white of its bits.
    """
    samples = array if array.ndim == 4 else array[..., np.newaxis]
    white = float((1 << bits) - 1) if bits == 8 or colour else float(samples.max(initial=1))
    low, high = (0.0, white) if colour else (float(samples.min()), float(samples.max()))
    center, width, function = full_range_window(0.0, white)
    frames, rows, columns, channels = samples.shape
    return samples, PixelFormat(
        rows=rows,
        columns=columns,
        frames=frames,
        channels=channels,
        dtype=samples.dtype.name,
        bits=bits,
        photometric="RGB" if colour else "MONOCHROME2",
        slope=1.0,
        intercept=0.0,
        low=low,
        high=high,
        window_center=center,
        window_width=width,
        voi_function=function,
        decoder=decoder,
    )


def quantize_uint16(values: Array) -> tuple[NDArray[np.uint16], float, float]:
    """Quantise real values to uint16; return samples, slope and intercept, exact to within slope / 2."""
    finite = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())  # not from 0: values far from it keep their differences
    slope = (high - low) / 65535.0 or 1.0
    return np.round((finite - low) / slope).astype(np.uint16), slope, low
