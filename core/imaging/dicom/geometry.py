"""Where pixels lie: how far apart and where that holds, which way rows and columns run in the patient, and how fast.

`of_header` reads a DICOM header and `of_volume` that of a NIfTI, both into the fields of a PixelFormat. What is absent
or makes no sense is unknown here and refuses no file: an image without a place is an image all the same.
"""

from collections.abc import Iterable, MutableSequence, Sequence
from itertools import pairwise
from math import isclose, isfinite, sqrt
from typing import Any

from core.imaging.pixel_format import DETECTOR, PATIENT, TOMOGRAPHIC

ALIKE = 1e-3  # of two spacings: what rounding does; a correction for magnification is some percent
SQUARE = 1e-2  # how far cosines, as they are written, may be from unit length and a right angle
TWO_D, CM = 1, 3  # of an ultrasound region: its format, its physical unit

Vector = tuple[float, ...]


def geometry_from_header(header: Any) -> dict[str, Any]:
    """The geometry of a DICOM header: its own elements, else those shared by the frames, else the first frame's."""
    measures = [header, *_groups(header, "PixelMeasuresSequence")]
    plane = [header, *_groups(header, "PlaneOrientationSequence")]
    orientation = _square(_vector_of(plane, "ImageOrientationPatient", 6))
    spacing, at = _spacing(header, measures, tomographic=orientation is not None)
    return {
        "spacing": spacing,
        "spacing_at": at,
        "orientation": orientation,
        "place": _vector_of([header, *_groups(header, "PlanePositionSequence")], "ImagePositionPatient", 3),
        "slice_mm": _positive(measures, "SpacingBetweenSlices") or _between(header, orientation),
        "frame_ms": _frame_ms(header),
    }


def geometry_from_nifti(zooms: Sequence[float], affine: Any, columns: int, rows: int) -> dict[str, Any]:
    """The geometry of a NIfTI in right-front-up order, shown from the feet with the patient's right on the left.

    `zooms` are its voxel's edges in mm. `affine` gives places in mm to the right, front and head, where DICOM's axes
    run left, back and head; it is None where the file does not say which way its axes lie.
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
    """The direction in which slices follow one another: rows × columns (PS3.3 C.7.6.2.1.1)."""
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    return b * f - c * e, c * d - a * f, a * e - b * d


def _spacing(header: Any, measures: Iterable[Any], *, tomographic: bool) -> tuple[Vector | None, str]:
    """PS3.3 10.7.1.3: a projection's pixel spacing is the patient's only where it differs from the detector's."""
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
    """Of an ultrasound picture that shows one region in centimetres; of several, none holds for the picture."""
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
    """The even distance of a multi-frame image's planes; None where they are uneven or one lies over another."""
    frames = _items(header, "PerFrameFunctionalGroupsSequence")
    found = (_vector_of(_items(one, "PlanePositionSequence"), "ImagePositionPatient", 3) for one in frames)
    places = [one for one in found if one]
    if orientation is None or len(places) < 2 or len(places) != len(frames):
        return None
    along = [_dot(place, normal_of(orientation)) for place in places]
    steps = [after - before for before, after in pairwise(along)]
    even = all(isclose(step, steps[0], rel_tol=SQUARE) for step in steps)
    return abs(steps[0]) or None if even else None


def _groups(header: Any, name: str) -> list[Any]:
    """The items of a functional group: the shared one's, then the first frame's."""
    shared = _items(header, "SharedFunctionalGroupsSequence")
    frames = _items(header, "PerFrameFunctionalGroupsSequence")[:1]
    return [item for group in (*shared, *frames) for item in _items(group, name)]


def _items(place: Any, name: str) -> list[Any]:
    """A sequence's items; what somebody wrote in its place is none."""
    value = place.get(name)
    return [one for one in value if hasattr(one, "get")] if isinstance(value, MutableSequence) else []


def _vector_of(places: Iterable[Any], name: str, count: int) -> Vector | None:
    """The first that holds so many finite numbers: a header may hold anything."""
    return next((found for one in places if (found := _vector(one, name, count))), None)


def _vector(place: Any, name: str, count: int) -> Vector | None:
    try:
        value = place.get(name)
        numbers = tuple(float(one) for one in (value if count > 1 else [value])) if value is not None else ()
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None
    return numbers if len(numbers) == count and all(map(isfinite, numbers)) else None


def _positive(places: Iterable[Any], name: str) -> float | None:
    found = _vector_of(places, name, 1)
    return found[0] if found and found[0] > 0 else None


def _pair(spacing: Vector | None) -> Vector | None:
    return spacing if spacing and all(map(_edge, spacing)) else None


def _edge(length: float) -> float | None:
    return length if isfinite(length) and length > 0 else None


def _alike(one: Vector, other: Vector) -> bool:
    return all(isclose(a, b, rel_tol=ALIKE) for a, b in zip(one, other, strict=True))


def _square(cosines: Vector | None) -> Vector | None:
    """The cosines, None where they are not two unit vectors at a right angle."""
    if cosines is None:
        return None
    row, column = cosines[:3], cosines[3:]
    units = all(abs(_dot(one, one) - 1.0) <= 2 * SQUARE for one in (row, column))
    return cosines if units and abs(_dot(row, column)) <= SQUARE else None


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _lps(affine: Any, column: int) -> Vector:
    right, front, head = (float(affine[row][column]) for row in range(3))
    return -right, -front, head


def _unit(vector: Vector) -> Vector:
    length = sqrt(_dot(vector, vector)) or 1.0
    return tuple(one / length for one in vector)
