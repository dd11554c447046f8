"""What a comparison of two runs says of its tests, beside what it counts."""

import pytest

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.comparison import compare
from core.services.evaluation.run_comparison import Compared
from core.services.predictions.operating_point_view import PointView
from dashboard.parts.compare import table

TRUTH, PATIENTS = [1, 1, 0, 0], ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            (0.9, 0.1, 0.1, 0.1),
            (0.1, 0.9, 0.1, 0.1),
            "1 correct only in run 1, 1 only in run 2, no test: the differences cancel within patients.",
        ),
        (
            (0.9, 0.1, 0.1, 0.1),
            (0.9, 0.1, 0.1, 0.1),
            "0 correct only in run 1, 0 only in run 2, no test: the runs never disagree.",
        ),
        ((0.9, 0.9, 0.1, 0.1), (0.9, 0.1, 0.1, 0.1), "1 correct only in run 1, 0 only in run 2, p = 0.317."),
    ],
)
def test_no_test_is_said_as_the_counts_have_it(first, second, expected):
    first_scores, second_scores = (
        BinaryScores.of(range(4), scores, TRUTH, PATIENTS, name="Ill") for scores in (first, second)
    )
    comparison = compare(first_scores, second_scores, (0.5, 0.5), resamples=20, seed=0)
    compared = Compared(1, 2, "test", "Ill", (PointView(None, 1), PointView(None, 2)), comparison)
    assert f"Predictions, McNemar, clustered by patient (Durkalski): {expected}" in table.sentences(compared)
