"""A geometry has one form: what is normal stays as it is, small slips are mended, nonsense is a sentence."""

import math

import pytest

from core.errors import InvalidInput
from core.imaging.drawings import geometry_schema

ROWS, COLUMNS = 40, 60


@pytest.mark.parametrize(
    ("shape", "drawn", "expected"),
    [
        ("box", {"points": [[9, 2.004], [1.2346, 7]]}, {"points": [[1.23, 2.0], [9.0, 7.0]]}),
        ("box", {"points": [[-3, -1], [63.5, 44]]}, {"points": [[0.0, 0.0], [60.0, 40.0]]}),
        (
            "ellipse",
            {"points": [[-5, 3], [20, 9]], "angle": 330},
            {"points": [[-5.0, 3.0], [20.0, 9.0]], "angle": -30.0},
        ),
        (
            "ellipse",
            {"points": [[5, 3], [20, 9]], "angle": 359.999},
            {"points": [[5.0, 3.0], [20.0, 9.0]], "angle": 0.0},
        ),
        (
            "ellipse",
            {"points": [[5, 3], [20, 9]], "angle": 180},
            {"points": [[5.0, 3.0], [20.0, 9.0]], "angle": -180.0},
        ),
        ("ellipse", {"points": [[5, 3], [20, 9]]}, {"points": [[5.0, 3.0], [20.0, 9.0]], "angle": 0.0}),
        (
            "polygon",
            {"points": [[1, 1], [1, 1.001], [9, 1], [9, 9], [1, 1]]},
            {"points": [[1.0, 1.0], [9.0, 1.0], [9.0, 9.0]]},
        ),
        ("freehand", {"points": [[-0.001, 1], [9, 1], [9, 9]]}, {"points": [[0.0, 1.0], [9.0, 1.0], [9.0, 9.0]]}),
        ("point", {"points": [[61, 40]], "more": 1}, {"points": [[60.0, 40.0]]}),
        ("mask", {"counts": [0, 0, 5, 0, 0, 3, 2392]}, {"counts": [5, 3, 2392]}),
        ("mask", {"counts": [0, 2400]}, {"counts": [0, 2400]}),
    ],
)
def test_a_geometry_is_kept_in_its_normal_form(shape, drawn, expected):
    result = geometry_schema.normalise(shape, drawn, ROWS, COLUMNS)
    assert result == expected
    assert geometry_schema.normalise(shape, result, ROWS, COLUMNS) == result
    assert "-0.0" not in repr(result)


@pytest.mark.parametrize(
    ("shape", "drawn", "words"),
    [
        ("star", {}, "one of box, ellipse"),
        ("box", [], "no geometry"),
        ("box", {}, "has no points"),
        ("box", {"points": [[1, 1]]}, "has 1 points; it needs 2"),
        ("box", {"points": [[1, 1], [1, 9]]}, "no extent"),
        ("box", {"points": [[1, 1], [1.004, 9]]}, "no extent"),
        ("box", {"points": [[1, 1], [2, "9"]]}, "finite"),
        ("box", {"points": [[1, 1], [2, math.inf]]}, "finite"),
        ("box", {"points": [[1, 1], [2, True]]}, "finite"),
        ("box", {"points": [[1, 1], [2, math.nan]]}, "finite"),
        ("box", {"points": [[1, 1], [2]]}, "pair of x and y"),
        ("box", {"points": [[1, 1], [70, 9]]}, "point 70, 9 lies outside"),
        ("box", {"points": "ab"}, "has no points"),
        ("ellipse", {"points": [[50, 1], [90, 9]]}, "ellipse about 70, 5 lies outside"),
        ("ellipse", {"points": [[-400, 1], [420, 9]]}, "outside"),
        ("ellipse", {"points": [[5, 1], [9, 9]], "angle": None}, "finite"),
        ("polygon", {"points": [[1, 1], [2, 2], [1, 1]]}, "2 different corners"),
        ("freehand", {"points": [[1, 1]] * 20_001}, "3 to 20000"),
        ("point", {"points": []}, "needs 1"),
        ("mask", {}, "run lengths"),
        ("mask", {"counts": [1.0, 2399]}, "whole numbers"),
        ("mask", {"counts": [-1, 2401]}, "whole numbers"),
        ("mask", {"counts": [True, 2399]}, "whole numbers"),
        ("mask", {"counts": [1, 2]}, "add up to 3; the image has 60 × 40 = 2400"),
        ("mask", {"counts": [2400]}, "empty"),
        ("mask", {"counts": [0] * 400_001}, "1 to 400000"),
    ],
)
def test_nonsense_is_a_sentence(shape, drawn, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        geometry_schema.normalise(shape, drawn, ROWS, COLUMNS)
    assert str(refused.value).endswith(".")
