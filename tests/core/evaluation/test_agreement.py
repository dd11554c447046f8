"""Agreement as published, and with intervals that follow from the patients."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.errors import InvalidInput
from core.evaluation.agreement import agreement, cohen, fleiss, krippendorff

FLEISS = [  # ten subjects, fourteen raters, five categories
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
GAPS = (
    np.array(
        [  # three readers, fifteen cases, 0 where one has not answered
            [0, 0, 0, 0, 0, 3, 4, 1, 2, 1, 1, 3, 3, 0, 3],
            [1, 0, 2, 1, 3, 3, 4, 3, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 2, 1, 3, 4, 4, 0, 2, 1, 1, 3, 3, 0, 4],
        ]
    )
    - 1
)


def test_published_numbers():
    assert cohen([[20, 5], [10, 15]]) == pytest.approx(0.4, abs=1e-6)
    assert fleiss(FLEISS) == pytest.approx(0.20993, abs=5.1e-6)
    assert krippendorff(GAPS) == pytest.approx(0.69136, abs=5.1e-6)
    assert krippendorff(GAPS, "interval") == pytest.approx(0.81084, abs=5.1e-6)
    assert krippendorff(GAPS, "ordinal") == pytest.approx(0.80672, abs=5.1e-6)


def test_two_readers_agree_with_scikit_learn():
    answers = np.random.default_rng(0).integers(4, size=(2, 120))
    result = agreement(answers, range(120), "cohen", resamples=50)
    assert result.value == pytest.approx(cohen_kappa_score(*answers), abs=1e-9)
    assert result.ci_low < result.value < result.ci_high


def test_fleiss_of_ratings_is_fleiss_of_their_counts():
    answers = np.random.default_rng(1).integers(3, size=(5, 40))
    counts = np.stack([(answers == c).sum(axis=0) for c in range(3)], axis=1)
    assert agreement(answers, range(40), "fleiss", resamples=20).value == pytest.approx(fleiss(counts), abs=1e-12)


def test_a_resample_is_repeated_cases():
    answers = np.random.default_rng(2).integers(3, size=(2, 30))
    answers[1, 5:] = answers[0, 5:]
    once = agreement(answers, range(30), "krippendorff", resamples=300)
    copies = agreement(np.tile(answers, 4), np.tile(np.arange(30), 4), "krippendorff", resamples=300)
    assert copies.ci_high - copies.ci_low == pytest.approx(once.ci_high - once.ci_low, rel=0.1)
    alone = agreement(np.tile(answers, 4), range(120), "krippendorff", resamples=300)
    assert alone.ci_high - alone.ci_low < 0.7 * (once.ci_high - once.ci_low)


def test_everybody_the_same_is_undefined_in_a_sentence():
    assert (cohen([[9, 0], [0, 0]]), fleiss([[3, 0], [3, 0]]), krippendorff([[0, 0], [0, 0]])) == (None, None, None)
    for name in ("cohen", "fleiss", "krippendorff"):
        result = agreement([[1, 1, 1], [1, 1, 1]], "abc", name, resamples=10)
        assert (result.value, result.note.startswith("Undefined: all readers gave every case the same class")) == (
            None,
            True,
        )
    assert (
        agreement([[1, -1], [-1, 0]], "ab", "krippendorff").note == "Undefined: no case has the answers of two readers."
    )


def test_one_patient_has_no_interval():
    result = agreement([[0, 1, 1], [0, 1, 0]], "aaa", "cohen", resamples=10)
    assert (result.ci_low, "single patient" in result.note) == (None, True)


@pytest.mark.parametrize(
    ("ratings", "name", "sentence"),
    [
        ([[0, 1], [1, 0]], "scott", "Agreement 'scott'"),
        ([[0], [1]], "cohen", "2 patients does not fit"),
        ([[0, 1]] * 3, "cohen", "two readers, not 3"),
    ],
)
def test_what_does_not_fit_is_refused(ratings, name, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        agreement(ratings, "ab", name)
    with pytest.raises(InvalidInput, match="equally many readers"):
        fleiss([[3, 0], [2, 0]])
