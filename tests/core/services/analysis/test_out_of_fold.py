"""The folds of a training set: whole patients, every class in each, others each time, the same in every home."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.services.analysis.out_of_fold import folds_of


def cases(names):
    """Three cases of each patient; every third patient is ill."""
    return [
        SimpleNamespace(patient=name, targets=(float(at % 3 == 0),)) for at, name in enumerate(names) for _ in "123"
    ]


@pytest.fixture
def folds():
    return folds_of(cases(f"P{at}" for at in range(60)), 5, 3)


def test_a_patient_stands_in_one_fold_and_every_fold_has_every_class(folds):
    assert folds.shape == (3, 180)
    assert (folds.reshape(3, 60, 3) == folds.reshape(3, 60, 3)[:, :, :1]).all()
    ill = np.array([one.targets[0] for one in cases(range(60))])
    for item in folds:
        assert [int(ill[item == fold].sum()) for fold in range(5)] == [12] * 5


def test_each_time_has_other_folds(folds):
    together = folds[:, :, None] == folds[:, None, :]
    assert all((together[a] != together[b]).any() for a, b in ((0, 1), (0, 2), (1, 2)))


def test_another_home_calls_patients_otherwise_and_has_the_same_folds(folds):
    renamed = folds_of(cases(f"{(at * 37) % 60:02}" for at in range(60)), 5, 3)
    np.testing.assert_array_equal(renamed, folds)
