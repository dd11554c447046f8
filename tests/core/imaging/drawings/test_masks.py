"""Pixels of drawings by one rule, against answers known beforehand and against a slow and plain reading of the rule."""

import math

import numpy as np
import pytest

from core.imaging.drawings import geometry_schema, masks

ROWS, COLUMNS = 12, 17


def pixels(shape: str, **geometry) -> np.ndarray:
    return masks.mask(shape, geometry_schema.normalise(shape, geometry, ROWS, COLUMNS), ROWS, COLUMNS)


def placed(*where: tuple[slice, slice] | tuple[int, int]) -> np.ndarray:
    placements = np.zeros((ROWS, COLUMNS), bool)
    for source in where:
        placements[source] = True
    return placements


def plainly_inside(points: list[list[float]], x: float, y: float) -> bool:
    """A ray to the left crosses the outline an odd number of times."""
    crossed = 0
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if (y0 <= y) != (y1 <= y):
            crossed += x0 + (y - y0) * (x1 - x0) / (y1 - y0) <= x
    return crossed % 2 == 1


def test_a_box_on_the_pixels_edges_is_those_pixels():
    assert (pixels("box", points=[[2, 3], [7, 5]]) == placed((slice(3, 5), slice(2, 7)))).all()


def test_a_pixel_belongs_when_its_middle_lies_inside():
    assert (pixels("box", points=[[2.5, 3.49], [7.51, 4.5]]) == placed((slice(3, 4), slice(2, 8)))).all()
    assert not pixels("box", points=[[2.51, 3.51], [3.49, 4.49]]).any()


def test_neighbours_that_share_an_edge_share_no_pixel_and_leave_none_out():
    corners = [[1.5, 1.5], [9.5, 2.5], [10.5, 9.5], [2.5, 8.5]]
    middle = [5.5, 5.5]
    parts = [pixels("polygon", points=[corners[at], corners[(at + 1) % 4], middle]) for at in range(4)]
    assert (np.sum(parts, axis=0) == pixels("polygon", points=corners)).all()
    left, right = pixels("box", points=[[1, 1], [4.5, 9]]), pixels("box", points=[[4.5, 1], [9, 9]])
    assert not (left & right).any()
    assert ((left | right) == pixels("box", points=[[1, 1], [9, 9]])).all()


def test_an_outline_that_crosses_itself_is_filled_even_odd():
    # The second ring lies in the first and is a hole, whichever way round it goes.
    for inner in ([[4, 4], [8, 4], [8, 8], [4, 8]], [[4, 4], [4, 8], [8, 8], [8, 4]]):
        ring = [[2, 2], [10, 2], [10, 10], [2, 10], [2, 2], *inner, [4, 4]]
        expected = placed((slice(2, 10), slice(2, 10)))
        expected[4:8, 4:8] = False
        assert (pixels("freehand", points=ring) == expected).all()


def test_a_box_is_the_polygon_of_its_corners():
    rng = np.random.default_rng(3)
    for _ in range(50):
        (x0, x1), (y0, y1) = np.sort(rng.uniform(0, 17, 2)), np.sort(rng.uniform(0, 12, 2))
        box = pixels("box", points=[[float(x0), float(y0)], [float(x1), float(y1)]])
        corners = [[float(x), float(y)] for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        assert (pixels("polygon", points=corners) == box).all()


def test_polygons_are_what_a_plain_reading_of_the_rule_gives():
    rng = np.random.default_rng(5)
    for step in (0.01, 0.5, 1.0):  # on halves and wholes corners and middles meet
        for _ in range(40):
            corners = np.round(rng.uniform(0, 12, (rng.integers(3, 9), 2)) / step) * step
            points = [[float(x), float(y)] for x, y in corners]
            expected = [[plainly_inside(points, x + 0.5, y + 0.5) for x in range(COLUMNS)] for y in range(ROWS)]
            assert (masks.fill(points, ROWS, COLUMNS) == expected).all()


@pytest.mark.parametrize("angle", [0, 30, 90, 135.5])
def test_an_ellipse_is_turned_clockwise_about_its_middle(angle):
    mask = pixels("ellipse", points=[[2, 4], [14, 9]], angle=angle)
    turn = math.radians(angle)
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = column + 0.5 - 8, row + 0.5 - 6.5
            along, across = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
            assert mask[row, column] == ((along / 6) ** 2 + (across / 2.5) ** 2 <= 1)
    assert mask[6, 8]


def test_clockwise_is_from_x_towards_y():
    mask = pixels("ellipse", points=[[2, 5], [14, 7]], angle=45)
    assert mask[9, 11]  # right and below
    assert mask[2, 4]  # left and above
    assert not mask[2, 11]
    assert not mask[9, 4]


def test_an_ellipse_may_reach_over_the_edge():
    mask = pixels("ellipse", points=[[-6, 2], [6, 10]])
    assert mask[6, 0]
    assert mask.sum() < math.pi * 6 * 4


@pytest.mark.parametrize(("at", "pixel"), [((0, 0), (0, 0)), ((3.99, 5.0), (5, 3)), ((17, 12), (11, 16))])
def test_a_point_is_its_pixel(at, pixel):
    assert (pixels("point", points=[list(at)]) == placed(pixel)).all()


def test_runs_go_down_the_columns_and_begin_with_what_is_unset():
    example = np.array([[0, 1, 1], [0, 1, 0]], bool)
    assert masks.to_counts(example) == [2, 3, 1]
    assert masks.to_counts(~example) == [0, 2, 3, 1]
    assert (masks.from_counts([2, 3, 1], 2, 3) == example).all()
    assert masks.bounds(example) == (1, 0, 2, 2)
    assert masks.bounds(example & False) == (0, 0, 0, 0)


def test_runs_and_outlines_bring_back_the_same_pixels():
    rng = np.random.default_rng(7)
    for _ in range(200):
        rows, columns = (int(one) for one in rng.integers(1, 14, 2))
        drawn = rng.random((rows, columns)) < rng.random()
        drawn[rng.integers(rows), rng.integers(columns)] = True
        counts = masks.to_counts(drawn)
        assert geometry_schema.normalise("mask", {"counts": counts}, rows, columns) == {"counts": counts}
        assert (masks.from_counts(counts, rows, columns) == drawn).all()
        assert (masks.fill(masks.outline(drawn), rows, columns) == drawn).all()
