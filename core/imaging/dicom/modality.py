"""Modality transformation of stored values (PS3.3 C.11.1): rescale of the image or of each frame, or a lookup table."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.imaging.dicom.lookup import look_up, lookup_table
from core.imaging.dicom.values import IGNORED, UNREADABLE, items, number
from core.imaging.voi_lut import Array

Rescale = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ModalityValues:
    """Values, and the slope and intercept that they still need; `baked`: none, they are modality values already."""

    values: Array
    slope: float = 1.0
    intercept: float = 0.0
    baked: bool = False


def modality_values(header: Any, frames: Array, notes: list[str]) -> ModalityValues:
    """Return the values of stored frames (frames, rows, columns).

    Raises:
        RejectedFile: a slope or intercept is no number.
    """
    tables = items(header, "ModalityLUTSequence", notes)
    if tables:
        try:
            return ModalityValues(look_up(frames, *lookup_table(header, tables[0])), baked=True)
        except UNREADABLE:
            notes.append(IGNORED)
    pairs = _of_frames(header, len(frames), notes)
    if len(set(pairs)) > 1:
        slopes = np.array(pairs, dtype=np.float64)[:, :, np.newaxis, np.newaxis]
        return ModalityValues(frames * slopes[:, 0] + slopes[:, 1], baked=True)
    return ModalityValues(frames, *pairs[0])


def _of_frames(header: Any, count: int, notes: list[str]) -> list[Rescale]:
    """Return slope and intercept of each frame: its own, else those that all frames share, else the image's."""
    dose = number(header, "DoseGridScaling")
    if dose:
        return [(dose, 0.0)]
    shared = next(
        filter(None, (_rescale(one, notes) for one in items(header, "SharedFunctionalGroupsSequence", notes))), None
    )
    usual = shared or _pair(header, notes) or (1.0, 0.0)
    groups = items(header, "PerFrameFunctionalGroupsSequence", notes)[:count]
    pairs = [_rescale(group, notes) or usual for group in groups]
    return pairs + [usual] * (count - len(pairs)) if pairs else [usual]


def _rescale(group: Any, notes: list[str]) -> Rescale | None:
    return next((_pair(item, notes) for item in items(group, "PixelValueTransformationSequence", notes)), None)


def _pair(place: Any, notes: list[str]) -> Rescale | None:
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    if slope is None and intercept is None:
        return None
    if slope == 0:  # would make all pixels the same
        notes.append(IGNORED)
    return slope or 1.0, intercept or 0.0
