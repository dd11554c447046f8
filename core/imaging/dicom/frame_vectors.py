"""Describe the frames of older multi-frame files, without functional groups, by the vectors that number them."""

from collections.abc import MutableSequence
from typing import Any

from core.imaging.dicom.fast_header import VECTORS
from core.imaging.dicom.geometry import normal_of
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import SliceAttributes


def frames_by_vectors(header: Any, format: PixelFormat) -> list[SliceAttributes]:
    """Return the attributes of each frame: of a dose its place, else its number by its vectors; [] without them."""
    places = _places(header, format)
    if places:
        return [
            SliceAttributes(orientation=format.orientation, place=place, digest=f"{frame:08}")
            for frame, place in enumerate(places)
        ]
    indexes = _indexes(header, format.frames)
    rank = {index: at for at, index in enumerate(sorted(set(indexes)))}
    if len(rank) < format.frames:
        return []
    return [SliceAttributes(instance=float(rank[index]), digest=f"{at:08}") for at, index in enumerate(indexes)]


def _places(header: Any, format: PixelFormat) -> list[tuple[float, ...]]:
    """Return the place of each frame by the GridFrameOffsetVector: along the normal, or as z (PS3.3 C.8.8.3.2)."""
    offsets = _numbers(header, "GridFrameOffsetVector", format.frames)
    if not offsets or format.place is None or format.orientation is None:
        return []
    if offsets[0] != 0:
        return [(*format.place[:2], offset) for offset in offsets]
    normal = normal_of(format.orientation)
    return [tuple(at + offset * part for at, part in zip(format.place, normal, strict=True)) for offset in offsets]


def _indexes(header: Any, frames: int) -> list[tuple[float, ...]]:
    pointers = header.get("FrameIncrementPointer")
    tags = pointers if isinstance(pointers, MutableSequence) else [pointers] if pointers is not None else []
    vectors = [_numbers(header, VECTORS[tag], frames) for tag in map(int, tags) if tag in VECTORS]
    return list(zip(*vectors, strict=True)) if vectors and all(vectors) else []


def _numbers(header: Any, name: str, count: int) -> list[float]:
    """Return as many numbers as there are frames, else []."""
    value = header.get(name)
    try:
        numbers = [float(one) for one in value] if isinstance(value, MutableSequence) else []
    except (TypeError, ValueError):
        return []
    return numbers if len(numbers) == count else []
