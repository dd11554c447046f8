"""Order the frames of a file by their functional groups (PS3.3 C.7.6.16) or vectors: by place, phase after phase.

Frames lie in a file in any order (PS3.3 C.7.6.17: the dimension index says which one is meant). They are read as the
slices of a series are, by `core.imaging.stacks`.
"""

from collections.abc import MutableSequence, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.imaging.dicom.frame_vectors import frames_by_vectors
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import SliceAttributes, SliceStack, build_stacks
from core.imaging.stacks.attributes import is_placed
from core.imaging.stacks.groups import same_orientation
from core.imaging.stacks.header import moment_of, number_of, words_of
from core.imaging.voi_lut import Array

GROUPS = {
    "place": ("PlanePositionSequence", "ImagePositionPatient"),
    "orientation": ("PlaneOrientationSequence", "ImageOrientationPatient"),
}
NUMBERS = {
    "temporal_position": ("FrameContentSequence", "TemporalPositionIndex"),
    "acquisition": ("FrameContentSequence", "FrameAcquisitionNumber"),
    "echo_ms": ("MREchoSequence", "EffectiveEchoTime"),
    "inversion_ms": ("MRModifierSequence", "InversionTimes"),
    "flip_degrees": ("MRTimingAndRelatedParametersSequence", "FlipAngle"),
    "b_value": ("MRDiffusionSequence", "DiffusionBValue"),
    "cardiac_phase": ("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
    "trigger_ms": ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
}
MOMENTS = ("FrameAcquisitionDateTime", "FrameReferenceDateTime")
TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")
LENGTHS = {"place": 3, "orientation": 6}


def order_frames(header: Any, samples: Array, format: PixelFormat) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    """Return samples and format with the frames in the order of their places, and kinds of notes.

    Where places repeat, the phases follow one after the other; frames at one place, or without places, follow their
    dimension index or their times. Where nothing in the file tells phases apart, or the frames lie in several planes,
    the order of the file stays.
    """
    frames = _frames(header, format)
    if not frames:
        return samples, format, ()
    if not _in_one_plane(frames):
        return samples, replace(format, slice_mm=None), ("frames_unplaced",)
    stacks = build_stacks(frames)
    if any("duplicate_slice" in stack.notes for stack in stacks):
        return samples, format, ("frames_repeat",)
    order = [frame for stack in stacks for frame in stack.order]
    notes: tuple[str, ...] = ("frames_repeat",) if len(stacks) > 1 else ()
    notes += tuple(kind for kind in stacks[0].notes if kind not in ("series_cut", *notes))
    format = replace(format, slice_mm=format.slice_mm or _even_spacing(stacks))
    if order == sorted(order):
        return samples, format, notes
    reordered = replace(format, place=frames[order[0]].place or format.place, frame_order=tuple(order))
    return np.ascontiguousarray(samples[order]), reordered, ("frames_reordered", *notes)


def _frames(header: Any, format: PixelFormat) -> list[SliceAttributes]:
    """Return the attributes of each frame; [] if the file does not describe them."""
    if format.frames < 2:
        return []
    described = _sequence(header, "PerFrameFunctionalGroupsSequence")[: format.frames]
    if not described:
        return frames_by_vectors(header, format)
    groups = described + [{}] * (format.frames - len(described))
    frames = [_attributes(header, frame, group, format) for frame, group in enumerate(groups)]
    return _with_dimension_index(frames, [_dimension_index(group) for group in groups])


def _in_one_plane(frames: Sequence[SliceAttributes]) -> bool:
    """Return whether all frames have places in one plane, or none has a place."""
    is_first_placed = is_placed(frames[0])
    return all(is_placed(frame) == is_first_placed and same_orientation(frames[0], frame) for frame in frames)


def _attributes(header: Any, frame: int, group: Any, format: PixelFormat) -> SliceAttributes:
    items = [group, *_sequence(header, "SharedFunctionalGroupsSequence")]  # its own, then the shared ones
    vectors: dict[str, Any] = {name: _vector(items, *where, LENGTHS[name]) for name, where in GROUPS.items()}
    numbers: dict[str, Any] = {name: _number(items, *where) for name, where in NUMBERS.items()}
    contents = [item for group in items for item in _sequence(group, "FrameContentSequence")]
    types = [words_of(item.get("FrameType")) for name in TYPES for group in items for item in _sequence(group, name)]
    return SliceAttributes(
        rows=format.rows,
        columns=format.columns,
        spacing=format.spacing,
        image_type=types[0] if types else (),
        instance=_number(items, "FrameContentSequence", "InStackPositionNumber"),
        acquired_s=next(filter(None, (moment_of(one.get(name)) for one in contents for name in MOMENTS)), None),
        digest=f"{frame:08}",
        **vectors,
        **numbers,
    )


def _with_dimension_index(
    frames: list[SliceAttributes], indexes: Sequence[tuple[float, ...] | None]
) -> list[SliceAttributes]:
    """Number the frames by their dimension index, where each has one of its own."""
    if None in indexes or len(set(indexes)) < len(indexes):
        return frames
    rank = {index: at for at, index in enumerate(sorted(index for index in indexes if index is not None))}
    return [replace(one, instance=float(rank[index])) for one, index in zip(frames, indexes, strict=True) if index]


def _dimension_index(group: Any) -> tuple[float, ...] | None:
    content = _sequence(group, "FrameContentSequence")
    values = content[0].get("DimensionIndexValues") if content else None
    if values is None:
        return None
    return tuple(float(part) for part in (values if isinstance(values, MutableSequence) else [values])) or None


def _even_spacing(stacks: Sequence[SliceStack]) -> float | None:
    odd = {"missing_slice", "uneven_spacing"}
    return None if any(odd & set(stack.notes) for stack in stacks) else stacks[0].spacing_mm


def _sequence(item: Any, name: str) -> list[Any]:
    value = item.get(name)
    return list(value) if isinstance(value, MutableSequence) else []


def _number(items: Sequence[Any], sequence: str, name: str) -> float | None:
    numbers = (number_of(item, name) for group in items for item in _sequence(group, sequence))
    return next((number for number in numbers if number is not None), None)


def _vector(items: Sequence[Any], sequence: str, name: str, length: int) -> tuple[float, ...] | None:
    for item in (item for group in items for item in _sequence(group, sequence)):
        try:
            vector = tuple(float(part) for part in item.get(name) or ())
        except (TypeError, ValueError):
            continue
        if len(vector) == length and np.isfinite(vector).all():
            return vector
    return None
