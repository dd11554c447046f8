"""Hold modality values in samples of the store, at most 16 bits wide, and padding among them."""

import numpy as np
from numpy.typing import NDArray

from core.errors import RejectedFile
from core.imaging.dicom.modality import ModalityValues
from core.imaging.dicom.padding import Range, within
from core.imaging.real_values import step_of
from core.imaging.voi_lut import Array, quantize_uint16

NO_VALUE, DEPTH = "not_finite", "quantised"
MOST = 65535  # of a sample
Samples = tuple[Array, float, float, Range | None, Range]


def samples_of(modality: ModalityValues, frames: Array, limits: Range | None, notes: list[str]) -> Samples:
    """Return samples, slope, intercept, padding among the samples, and the lowest and highest value of the image.

    `limits` is the range of stored values in `frames` that are padding.

    Raises:
        RejectedFile: no pixel has a value.
    """
    values, slope, intercept = modality.values, modality.slope, modality.intercept
    if values.dtype.kind == "f" or values.dtype.itemsize > 2 or (modality.baked and limits):
        outside = _outside(values, frames, limits, notes)
        samples, step, offset, padding, ends = _quantised(values, outside, notes)
    else:
        samples, step, offset = _unsigned(values)
        padding = _shifted(limits, offset)
        ends = _ends(values, limits)
    low, high = sorted(end * slope + intercept for end in ends)
    return samples, slope * step, intercept + slope * offset, padding, (low, high)


def _outside(values: Array, frames: Array, limits: Range | None, notes: list[str]) -> NDArray[np.bool_] | None:
    outside = within(frames, limits) if limits is not None else None
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values)
        if missing.any():
            notes.append(NO_VALUE)
            outside = missing if outside is None else outside | missing
    return outside if outside is not None and outside.any() else None


def _quantised(values: Array, outside: NDArray[np.bool_] | None, notes: list[str]) -> Samples:
    """Return wide values in 16 bits; those outside the image keep theirs where it can be told apart, else get 0."""
    if outside is not None:
        return _reserved(values, outside, notes)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind != "f" and high - low <= MOST:
        return (values.astype(np.int64) - int(low)).astype(np.uint16), 1.0, low, None, (low, high)
    step, is_exact = step_of(values, high - low, MOST)
    if is_exact:
        return np.round((values - low) / step).astype(np.uint16), step, low, None, (low, high)
    notes.append(DEPTH)
    return *quantize_uint16(values), None, (low, high)


def _reserved(values: Array, outside: NDArray[np.bool_], notes: list[str]) -> Samples:
    inside = values[~outside]
    if not inside.size:
        raise RejectedFile("has no pixel with a value: all are padding, NaN or infinite.")
    low, high = float(inside.min()), float(inside.max())
    whole = _with_padding(values, outside)
    if whole is not None:
        return *whole, (low, high)
    step, is_exact = step_of(inside[np.newaxis], high - low, MOST - 1)
    if not is_exact:
        notes.append(DEPTH)
    samples = np.zeros(values.shape, dtype=np.uint16)
    samples[~outside] = np.round((inside.astype(np.float64) - low) / step) + 1
    return samples, step, low - step, (0.0, 0.0), (low, high)


def _with_padding(values: Array, outside: NDArray[np.bool_]) -> tuple[Array, float, float, Range] | None:
    """Return samples, step, offset and padding that keep the values of padding too; None where 16 bits cannot."""
    low, high = float(values.min()), float(values.max())  # NaN where one is
    if not np.isfinite(high - low):
        return None
    step, is_exact = step_of(values, high - low, MOST)
    samples = np.round((values.astype(np.float64) - low) / step)
    padding = float(samples[outside].min()), float(samples[outside].max())
    if not is_exact or (within(samples, padding) & ~outside).any():
        return None
    return samples.astype(np.uint16), step, low, padding


def _unsigned(stored: Array) -> tuple[Array, float, float]:
    """Return stored values as unsigned samples, with the slope and offset that restore them."""
    if stored.dtype.kind == "u":
        return stored, 1.0, 0.0
    offset = min(0, int(stored.min()))
    wide = stored.astype(np.int32) - offset
    return wide.astype(np.uint8 if stored.dtype.itemsize == 1 else np.uint16), 1.0, float(offset)


def _shifted(limits: Range | None, offset: float) -> Range | None:
    """Return padding as samples, None if no sample can have it."""
    if limits is None:
        return None
    low, high = max(0.0, limits[0] - offset), min(float(MOST), limits[1] - offset)
    return (low, high) if low <= high else None


def _ends(values: Array, limits: Range | None) -> Range:
    low, high = int(values.min()), int(values.max())
    if limits is not None and (limits[0] <= low <= limits[1] or limits[0] <= high <= limits[1]):
        inside = values[~within(values, limits)]
        low, high = int(inside.min()), int(inside.max())
    return float(low), float(high)
