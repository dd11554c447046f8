"""Rasterise drawings, and convert masks to run lengths and outlines.

A pixel belongs to a drawing if its centre lies inside, by the even-odd rule where an outline crosses itself. A centre
on an edge belongs to the shape right of it or below it, so that adjacent shapes share no pixel. The boundary of an
ellipse belongs to it. A point is the pixel that contains it.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.imaging.drawings.geometry_schema import Geometry

Mask = NDArray[np.bool_]
Points = list[list[float]]


def mask(shape: str, geometry: Geometry, rows: int, columns: int) -> Mask:
    """Return the mask (rows, columns) of a drawing with normalised geometry."""
    return MASKS[shape](geometry, rows, columns)


def from_counts(counts: list[int], rows: int, columns: int) -> Mask:
    """Return the mask of COCO's uncompressed column-wise run lengths."""
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(columns, rows).T


def to_counts(pixels: Mask) -> list[int]:
    """Return a mask as COCO's uncompressed run lengths; the first run is of unset pixels and may be 0."""
    flat = pixels.ravel(order="F")
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate(([0], turns, [flat.size])))
    return [0] * bool(flat[0]) + [int(run) for run in runs]


def bounds(pixels: Mask) -> tuple[int, int, int, int]:
    """Return x, y, width and height of the set pixels; all 0 for an empty mask."""
    down, across = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not down.size:
        return 0, 0, 0, 0
    x, y = int(across[0]), int(down[0])
    return x, y, int(across[-1]) + 1 - x, int(down[-1]) + 1 - y


def outline(pixels: Mask) -> Points:
    """Return one closed outline along pixel edges that `fill` turns back into the same mask, holes included.

    Rings are connected by segments that are passed twice, which the even-odd rule cancels.
    """
    rings = _rings(np.pad(pixels, 1))
    path = [point for ring in rings for point in (*ring, ring[0])]
    return [[float(x), float(y)] for x, y in path + [ring[0] for ring in reversed(rings[:-1])]]


def _rings(padded: Mask) -> list[list[tuple[int, int]]]:
    # A corner has an odd number of set pixels around it. Along each grid line, edges run from the first corner to the
    # second, from the third to the fourth, and so on.
    odd = padded[:-1, :-1] ^ padded[:-1, 1:] ^ padded[1:, :-1] ^ padded[1:, 1:]
    corners = [(int(x), int(y)) for y, x in np.argwhere(odd)]
    across = _partners(corners)
    down = _partners(sorted(corners))
    rings, left = [], dict.fromkeys(corners)
    while left:
        ring = [next(iter(left))]
        while len(ring) == 1 or ring[-1] != ring[0]:
            ring.append((across if len(ring) % 2 else down)[ring[-1]])
        for corner in ring[:-1]:
            del left[corner]
        rings.append(ring[:-1])
    return rings


def _partners(corners: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    pairs = list(zip(corners[::2], corners[1::2], strict=True))
    return dict(pairs) | {second: first for first, second in pairs}


def _box(geometry: Geometry, rows: int, columns: int) -> Mask:
    (x0, y0), (x1, y1) = geometry["points"]
    pixels = np.zeros((rows, columns), np.bool_)
    pixels[_first_pixel(y0) : _first_pixel(y1), _first_pixel(x0) : _first_pixel(x1)] = True
    return pixels


def _first_pixel(edge: float) -> int:
    """Return the first pixel whose centre is not before the edge."""
    return math.ceil(edge - 0.5)


def _ellipse(geometry: Geometry, rows: int, columns: int) -> Mask:
    (x0, y0), (x1, y1) = geometry["points"]
    turn = math.radians(geometry["angle"])
    x = (np.arange(columns) + 0.5 - (x0 + x1) / 2)[np.newaxis, :]
    y = (np.arange(rows) + 0.5 - (y0 + y1) / 2)[:, np.newaxis]
    along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    inside: Mask = (2 * along / (x1 - x0)) ** 2 + (2 * across / (y1 - y0)) ** 2 <= 1
    return inside


def _outline(geometry: Geometry, rows: int, columns: int) -> Mask:
    return fill(geometry["points"], rows, columns)


def fill(points: Points, rows: int, columns: int) -> Mask:
    """Return the mask enclosed by an outline: along each row, every edge crossed toggles inside and outside."""
    start = np.asarray(points, dtype=np.float64)
    end_point = np.roll(start, -1, axis=0)
    falling = start[:, 1] > end_point[:, 1]  # from top to bottom, so that both directions of an edge rasterise alike
    upper, lower = np.where(falling[:, None], end_point, start), np.where(falling[:, None], start, end_point)
    first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, rows).astype(np.int64)
    count = np.clip(np.ceil(lower[:, 1] - 0.5), 0, rows).astype(np.int64) - first
    edge = np.repeat(np.arange(len(start)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (x, y), (end, bottom) = upper[edge].T, lower[edge].T
    crossing = x + (row + 0.5 - y) * (end - x) / (bottom - y)
    column = np.clip(np.ceil(crossing - 0.5), 0, columns).astype(np.int64)
    passed = np.zeros((rows, columns + 1), np.uint8)
    np.bitwise_xor.at(passed, (row, column), 1)
    return np.bitwise_xor.accumulate(passed, axis=1)[:, :columns].astype(np.bool_)


def _point(geometry: Geometry, rows: int, columns: int) -> Mask:
    pixels = np.zeros((rows, columns), np.bool_)
    x, y = geometry["points"][0]
    pixels[min(int(y), rows - 1), min(int(x), columns - 1)] = True
    return pixels


def _mask(geometry: Geometry, rows: int, columns: int) -> Mask:
    return from_counts(geometry["counts"], rows, columns)


MASKS: dict[str, Callable[[Geometry, int, int], Mask]] = {
    "box": _box,
    "ellipse": _ellipse,
    "polygon": _outline,
    "freehand": _outline,
    "mask": _mask,
    "point": _point,
}
