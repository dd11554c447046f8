"""Turn stored values of grey DICOM frames into samples of the store: modality values, padding, window, polarity."""

from typing import Any

import numpy as np

from core.imaging.dicom.geometry import geometry_from_header, has_unreadable_geometry
from core.imaging.dicom.grey_samples import samples_of
from core.imaging.dicom.modality import ModalityValues, modality_values
from core.imaging.dicom.padding import Range, background_value, padding_range, within
from core.imaging.dicom.values import IGNORED, count, optional
from core.imaging.dicom.windows import window_of
from core.imaging.identity.name_findings import find
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array

BACKGROUND, POLARITY = "background", "polarity"


def grey(header: Any, frames: Array, decoder: str, notes: list[str]) -> tuple[Array, PixelFormat]:
    """Return samples (frames, rows, columns, 1) and their format.

    Raises:
        RejectedFile: no pixel has a value, or what the values need is damaged.
    """
    modality = modality_values(header, frames, notes)
    if has_unreadable_geometry(header):
        notes.append(IGNORED)
    limits = _padding(header, frames, modality, notes)
    samples, slope, intercept, padding, (low, high) = samples_of(modality, frames, limits, notes)
    center, width, function = window_of(header, low, high, notes, baked=modality.baked)
    number, rows, columns = samples.shape
    return samples[..., np.newaxis], PixelFormat(
        rows=rows,
        columns=columns,
        frames=number,
        channels=1,
        dtype=samples.dtype.name,
        bits=count(header, "BitsStored") or frames.dtype.itemsize * 8,
        photometric=_polarity(header, notes),
        slope=slope,
        intercept=intercept,
        low=low,
        high=high,
        window_center=center,
        window_width=width,
        voi_function=function,
        unit=_unit(header, notes),
        decoder=decoder,
        padding=padding,
        **geometry_from_header(header),
    )


def _padding(header: Any, frames: Array, modality: ModalityValues, notes: list[str]) -> Range | None:
    """Return the stored values that lie outside the image: those that the header names, else those around a disc."""
    limits = padding_range(header, frames.dtype)
    if limits is not None:
        low, high = frames.min(), frames.max()
        if limits[0] <= low and high <= limits[1]:
            notes.append(IGNORED)  # it would leave nothing of the image
            return None
        if limits[0] <= high and limits[1] >= low and within(frames, limits).any():
            return limits
    if modality.baked or frames.dtype.kind not in "iu" or header.get("Modality") != "CT":
        return limits
    background = background_value(frames, slope=modality.slope, intercept=modality.intercept)
    if background is not None:
        notes.append(BACKGROUND)
    return background or limits


def _polarity(header: Any, notes: list[str]) -> str:
    """Return MONOCHROME1 where the lowest value is white.

    PresentationLUTShape INVERSE says so too (PS3.3 C.8.11.3.1.2); IDENTITY says no more than the photometric
    interpretation.
    """
    photometric = "MONOCHROME1" if str(header.get("PhotometricInterpretation")) == "MONOCHROME1" else "MONOCHROME2"
    shape = str(optional(header, "PresentationLUTShape", notes) or "").strip().upper()
    if shape and (shape == "INVERSE") != (photometric == "MONOCHROME1"):
        notes.append(POLARITY)
        return "MONOCHROME1"
    return photometric


def _unit(header: Any, notes: list[str]) -> str:
    if header.get("Modality") == "CT":
        return "HU"
    unit = str(optional(header, "RescaleType", notes) or "").replace("US", "")
    if find(unit):  # free text, stored with the format
        notes.append(IGNORED)
        return ""
    return unit
