"""Validate and normalise the geometry of each shape. Does not import numpy.

Box: two corners. Ellipse: two corners of its bounding frame and `angle`, the rotation of the frame about its centre in
degrees, clockwise on screen (from x towards y). Polygon and freehand: the vertices of a closed outline. Point: one
point. Mask: `counts`, COCO's uncompressed column-wise run lengths, starting with unset pixels.
"""

import math
from collections.abc import Callable
from typing import Any

from core.errors import InvalidInput

Geometry = dict[str, Any]
Size = tuple[int, int]  # rows, columns

MAX_POINTS = 20_000
MAX_RUNS = 400_000
MIN_CORNERS = 3
DIGITS = 2  # decimal places of a pixel: survives the 32-bit floats of a DICOM SR
MAX_PIXELS = 1 << 28  # of an image with drawings
OVERSHOOT = 0.1  # share of the longer side by which a pointer may leave the image


def normalise(shape: str, geometry: Any, rows: int, columns: int) -> Geometry:
    """Return the geometry as stored: rounded, corners in order, clipped to the image. Idempotent.

    Raises:
        InvalidInput: an unknown shape, malformed or non-finite coordinates, or a position far outside the image.
    """
    if shape not in SHAPES:
        raise InvalidInput(f"'{str(shape)[:40]}' is not a shape; a drawing is one of {', '.join(SHAPES)}.")
    if not isinstance(geometry, dict):
        raise InvalidInput(f"The {shape} has no geometry; draw it again.")
    return SHAPES[shape](geometry, (rows, columns))


def _box(geometry: Geometry, size: Size) -> Geometry:
    corners = _clip_to_image(_points("box", geometry, 2, 2), size)
    return {"points": _frame("box", corners)}


def _ellipse(geometry: Geometry, size: Size) -> Geometry:
    rows, columns = size
    (left, top), (right, bottom) = frame = _frame("ellipse", _points("ellipse", geometry, 2, 2))
    x, y, longest = (left + right) / 2, (top + bottom) / 2, 2 * math.hypot(rows, columns)
    if not (0 <= x <= columns and 0 <= y <= rows and right - left <= longest and bottom - top <= longest):
        raise InvalidInput(
            f"The ellipse about {x:g}, {y:g} lies outside the image of {columns} × {rows} pixels; draw it on the image."
        )
    angle = round(_number("ellipse", geometry.get("angle", 0.0)), DIGITS)
    return {"points": frame, "angle": round((angle % 360 + 540) % 360 - 180, DIGITS)}  # -180 to 180


def _polygon(geometry: Geometry, size: Size) -> Geometry:
    return _closed_outline("polygon", geometry, size)


def _freehand(geometry: Geometry, size: Size) -> Geometry:
    return _closed_outline("freehand", geometry, size)


def _closed_outline(shape: str, geometry: Geometry, size: Size) -> Geometry:
    points = _clip_to_image(_points(shape, geometry, MIN_CORNERS, MAX_POINTS), size)
    corners = [point for before, point in zip([None, *points], points, strict=False) if point != before]
    while len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) < MIN_CORNERS:
        raise InvalidInput(f"The {shape} has {len(corners)} different corners; an outline needs {MIN_CORNERS}.")
    return {"points": corners}


def _point(geometry: Geometry, size: Size) -> Geometry:
    return {"points": _clip_to_image(_points("point", geometry, 1, 1), size)}


def _mask(geometry: Geometry, size: Size) -> Geometry:
    rows, columns = size
    counts = geometry.get("counts")
    if not isinstance(counts, list) or not counts or len(counts) > MAX_RUNS:
        raise InvalidInput(f"A mask is a list of 1 to {MAX_RUNS} run lengths in 'counts'; draw it again.")
    if any(type(count) is not int or count < 0 for count in counts):
        raise InvalidInput("The run lengths of a mask must be whole numbers from 0 on; draw it again.")
    if sum(counts) != rows * columns:
        raise InvalidInput(
            f"The run lengths of the mask add up to {sum(counts)}; the image has {columns} × {rows} = "
            f"{rows * columns} pixels."
        )
    if not sum(counts[1::2]):
        raise InvalidInput("The mask is empty; paint something, or erase the drawing.")
    return {"counts": _merge_runs(counts)}


def _merge_runs(counts: list[int]) -> list[int]:
    """Merge empty runs, except the first, so that each mask has one representation."""
    joined, value = [0], 0  # the value of the current run
    for index, count in enumerate(counts):
        if count and index % 2 != value:
            joined.append(0)
            value = index % 2
        joined[-1] += count
    return joined


def _points(shape: str, geometry: Geometry, fewest: int, most: int) -> list[list[float]]:
    points = geometry.get("points")
    if not isinstance(points, list) or not fewest <= len(points) <= most:
        expected = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        count = len(points) if isinstance(points, list) else "no"
        raise InvalidInput(f"The {shape} has {count} points; it needs {expected}.")
    if any(not isinstance(point, list | tuple) or len(point) != 2 for point in points):
        raise InvalidInput(f"Each point of a {shape} must be a pair of x and y in pixels; draw it again.")
    return [[round(_number(shape, value), DIGITS) + 0.0 for value in point] for point in points]


def _number(shape: str, value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) < 1e9:  # also rejects NaN
        raise InvalidInput(f"The {shape} has a coordinate that is not a finite number; draw it again.")
    return float(value)


def _clip_to_image(points: list[list[float]], size: Size) -> list[list[float]]:
    rows, columns = size
    slack = OVERSHOOT * max(size)
    for x, y in points:
        if not (-slack <= x <= columns + slack and -slack <= y <= rows + slack):
            raise InvalidInput(
                f"The point {x:g}, {y:g} lies outside the image of {columns} × {rows} pixels; draw on the image."
            )
    return [[min(max(0.0, x), float(columns)), min(max(0.0, y), float(rows))] for x, y in points]


def _frame(shape: str, corners: list[list[float]]) -> list[list[float]]:
    (x0, y0), (x1, y1) = corners
    if x0 == x1 or y0 == y1:
        raise InvalidInput(f"The {shape} has no extent; draw it from one corner to the other.")
    return [[min(x0, x1), min(y0, y1)], [max(x0, x1), max(y0, y1)]]


SHAPES: dict[str, Callable[[Geometry, Size], Geometry]] = {
    "box": _box,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "freehand": _freehand,
    "mask": _mask,
    "point": _point,
}
