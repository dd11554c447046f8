"""Read image geometry: pixel spacing and its reference plane, orientation, position, slice distance and frame time.

`geometry_from_header` reads a DICOM header and `geometry_from_nifti` a NIfTI header, both into the fields of a
PixelFormat. Missing or implausible values become None and never reject a file.
"""

from collections.abc import Iterable, MutableSequence, Sequence
from itertools import pairwise
from math import isclose, isfinite, sqrt
from typing import Any

from core.imaging.pixel_format import DETECTOR, PATIENT, TOMOGRAPHIC

ALIKE = 1e-3  # relative tolerance of spacings: rounding; a magnification correction is a few percent
SQUARE = 1e-2  # tolerance of direction cosines, from unit length and from a right angle
TWO_D, CM = 1, 3  # RegionSpatialFormat and PhysicalUnits of an ultrasound region (PS3.3 C.8.5.5)

LENGTHS = {"PixelSpacing": 2, "ImagerPixelSpacing": 2, "ImagePositionPatient": 3, "ImageOrientationPatient": 6}

Vector = tuple[float, ...]


def geometry_from_header(header: Any) -> dict[str, Any]:
    """Return the geometry of a DICOM header: top level, else shared groups, else those of frame 1."""
    measures = [header, *_groups(header, "PixelMeasuresSequence")]
    plane = [header, *_groups(header, "PlaneOrientationSequence")]
    orientation = _square(_vector_of(plane, "ImageOrientationPatient", 6))
    spacing, at = _spacing(header, measures, tomographic=orientation is not None)
    return {
        "spacing": spacing,
        "spacing_at": at,
        "orientation": orientation,
        "place": _vector_of([header, *_groups(header, "PlanePositionSequence")], "ImagePositionPatient", 3),
        "slice_mm": _positive(measures, "SpacingBetweenSlices") or _between(header, orientation) or _offset(header),
        "frame_ms": _frame_ms(header),
    }


def has_unreadable_geometry(header: Any) -> bool:
    """Return whether a spacing, position or orientation at the top level of a header is not as many numbers."""
    return any(name in header and _is_unreadable(header, name, count) for name, count in LENGTHS.items())


def _is_unreadable(header: Any, name: str, count: int) -> bool:
    try:
        empty = header.get(name) in (None, "", [])
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return True
    return not empty and _vector(header, name, count) is None


def geometry_from_nifti(zooms: Sequence[float], affine: Any, columns: int, rows: int) -> dict[str, Any]:
    """Return the geometry of a NIfTI volume in RAS+ order, displayed in radiological convention.

    `zooms` are the voxel sizes in mm. `affine` maps voxels to mm in RAS+ and is converted to DICOM's LPS axes; it is
    None if the file does not define its orientation.
    """
    spacing = _pair((zooms[1], zooms[0]))
    flat = {"spacing": spacing, "spacing_at": PATIENT if spacing else "", "slice_mm": _edge(zooms[2])}
    if affine is None:
        return flat
    x, y, corner = (_lps(affine, column) for column in (0, 1, 3))
    far = tuple(start + (columns - 1) * a + (rows - 1) * b for start, a, b in zip(corner, x, y, strict=True))
    cosines = _square((*(-one for one in _unit(x)), *(-one for one in _unit(y))))
    return {**flat, "orientation": cosines, "place": far if all(map(isfinite, far)) else None}


def normal_of(orientation: Sequence[float]) -> Vector:
    """Return the slice normal, the cross product of row and column directions (PS3.3 C.7.6.2.1.1)."""
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    return b * f - c * e, c * d - a * f, a * e - b * d


def _spacing(header: Any, measures: Iterable[Any], *, tomographic: bool) -> tuple[Vector | None, str]:
    """Return spacing and its reference plane; see PS3.3 10.7.1.3 for projection radiographs."""
    pixel = _pair(_vector_of(measures, "PixelSpacing", 2))
    if tomographic or str(header.get("Modality")) in TOMOGRAPHIC:
        pixel = pixel or _region(header)
        return pixel, PATIENT if pixel else ""
    imager = _pair(_vector_of([header], "ImagerPixelSpacing", 2))
    if pixel and (header.get("PixelSpacingCalibrationType") or (imager and not _alike(pixel, imager))):
        return pixel, PATIENT
    magnified = _positive([header], "EstimatedRadiographicMagnificationFactor") or 0.0
    if imager and magnified > 1.0:
        return tuple(one / magnified for one in imager), PATIENT
    return (imager, DETECTOR) if imager else (pixel, "")


def _region(header: Any) -> Vector | None:
    """Return the spacing in mm of an ultrasound image with exactly one 2-D region in centimetres."""
    regions = _items(header, "SequenceOfUltrasoundRegions")
    if len(regions) != 1 or regions[0].get("RegionSpatialFormat") != TWO_D:
        return None
    if any(regions[0].get(f"PhysicalUnits{axis}Direction") != CM for axis in "XY"):
        return None
    down, across = _positive(regions, "PhysicalDeltaY"), _positive(regions, "PhysicalDeltaX")
    return (down * 10.0, across * 10.0) if down and across else None


def _frame_ms(header: Any) -> float | None:
    rate = _positive([header], "RecommendedDisplayFrameRate") or _positive([header], "CineRate")
    return _positive([header], "FrameTime") or (1000.0 / rate if rate else None)


def _between(header: Any, orientation: Vector | None) -> float | None:
    """Return the slice distance of a multi-frame image in mm; None if planes are uneven or coincide."""
    frames = _items(header, "PerFrameFunctionalGroupsSequence")
    candidates = (_vector_of(_items(one, "PlanePositionSequence"), "ImagePositionPatient", 3) for one in frames)
    places = [one for one in candidates if one]
    if orientation is None or len(places) < 2 or len(places) != len(frames):
        return None
    return _even_step([_dot(place, normal_of(orientation)) for place in places])


def _offset(header: Any) -> float | None:
    """Return the slice distance of a dose by its GridFrameOffsetVector (PS3.3 C.8.8.3.2), None if uneven."""
    try:
        offsets = [float(one) for one in header.get("GridFrameOffsetVector") or ()]
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None
    return _even_step(offsets) if len(offsets) > 1 and all(map(isfinite, offsets)) else None


def _even_step(along: Sequence[float]) -> float | None:
    """Return the distance between places along a line, None if it is uneven or zero."""
    steps = [after - before for before, after in pairwise(along)]
    even = all(isclose(step, steps[0], rel_tol=SQUARE) for step in steps)
    return abs(steps[0]) or None if even else None


def _groups(header: Any, name: str) -> list[Any]:
    """Return the items of a functional group: the shared ones, then those of the first frame."""
    shared = _items(header, "SharedFunctionalGroupsSequence")
    frames = _items(header, "PerFrameFunctionalGroupsSequence")[:1]
    return [item for group in (*shared, *frames) for item in _items(group, name)]


def _items(place: Any, name: str) -> list[Any]:
    """Return the items of a sequence; [] if the element is not a sequence."""
    value = place.get(name)
    return [one for one in value if hasattr(one, "get")] if isinstance(value, MutableSequence) else []


def _vector_of(places: Iterable[Any], name: str, count: int) -> Vector | None:
    """Return the first value with `count` finite numbers, None if no data set has one."""
    return next((vector for one in places if (vector := _vector(one, name, count))), None)


def _vector(place: Any, name: str, count: int) -> Vector | None:
    try:
        value = place.get(name)
        numbers = tuple(float(one) for one in (value if count > 1 else [value])) if value is not None else ()
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None
    return numbers if len(numbers) == count and all(map(isfinite, numbers)) else None


def _positive(places: Iterable[Any], name: str) -> float | None:
    vector = _vector_of(places, name, 1)
    return vector[0] if vector and vector[0] > 0 else None


def _pair(spacing: Vector | None) -> Vector | None:
    return spacing if spacing and all(map(_edge, spacing)) else None


def _edge(length: float) -> float | None:
    return length if isfinite(length) and length > 0 else None


def _alike(first: Vector, second: Vector) -> bool:
    return all(isclose(a, b, rel_tol=ALIKE) for a, b in zip(first, second, strict=True))


def _square(cosines: Vector | None) -> Vector | None:
    """Return the cosines, None if they are not two orthogonal unit vectors."""
    if cosines is None:
        return None
    row, column = cosines[:3], cosines[3:]
    units = all(abs(_dot(one, one) - 1.0) <= 2 * SQUARE for one in (row, column))
    return cosines if units and abs(_dot(row, column)) <= SQUARE else None


def _dot(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def _lps(affine: Any, column: int) -> Vector:
    right, front, head = (float(affine[row][column]) for row in range(3))
    return -right, -front, head


def _unit(vector: Vector) -> Vector:
    length = sqrt(_dot(vector, vector)) or 1.0
    return tuple(one / length for one in vector)
