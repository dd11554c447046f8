"""Errors of predicted numbers against plain formulas, and intervals that cover."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.regression import regression_report


def test_figures_are_their_formulas():
    truth, told = np.array([40.0, 50.0, 60.0, 70.0]), np.array([42.0, 47.0, 61.0, 78.0])
    found = regression_report(told, truth, ["a", "a", "b", "c"]).metrics
    assert found["mae"].value == pytest.approx(3.5)
    assert found["rmse"].value == pytest.approx(np.sqrt((4 + 9 + 1 + 64) / 4))
    assert found["bias"].value == pytest.approx(2.0)
    assert found["r2"].value == pytest.approx(1 - 78 / 500)


def test_figures_agree_with_scikit_learn_and_tell_how_their_intervals_were_made():
    chance = np.random.default_rng(1)
    truth = chance.normal(60, 12, 200)
    told, patients = truth + chance.normal(1, 5, 200), chance.integers(50, size=200)
    found = regression_report(told, truth, patients, resamples=100).metrics
    expected = {
        "mae": sk.mean_absolute_error(truth, told),
        "mse": sk.mean_squared_error(truth, told),
        "rmse": sk.root_mean_squared_error(truth, told),
        "r2": sk.r2_score(truth, told),
        "bias": (told - truth).mean(),
    }
    assert {name: one.value for name, one in found.items()} == pytest.approx(expected, abs=1e-9)
    assert {one.method for one in found.values()} == {"whole patients resampled"}
    assert all(one.low < one.value < one.high for one in found.values())


def test_large_numbers_keep_their_variance():
    truth = 1e9 + np.arange(10.0)
    found = regression_report(truth + 0.5, truth, range(10)).metrics
    assert found["r2"].value == pytest.approx(1 - 0.25 / 8.25, abs=1e-6)


def test_intervals_cover_by_patient():
    chance, covered, rounds = np.random.default_rng(0), 0, 200
    for _ in range(rounds):
        patients = np.repeat(np.arange(40), 4)
        errors = np.repeat(chance.normal(0, 3, 40), 4) + chance.normal(0, 1, 160)
        found = regression_report(50 + errors, np.full(160, 50.0), patients, resamples=200).metrics["bias"]
        covered += found.low <= 0 <= found.high
    assert 0.90 <= covered / rounds <= 0.99  # of whole patients: of single images it would be about 0.65


def test_what_is_undefined_says_why():
    same = regression_report([41.0, 42.0], [40.0, 40.0], ["a", "b"]).metrics
    assert same["r2"].value is None
    assert same["r2"].note == "Undefined: every case here has the same value."
    alone = regression_report([41.0, 42.0], [40.0, 43.0], ["a", "a"]).metrics["mae"]
    assert (alone.value, alone.low) == (1.0, None)
    with pytest.raises(InvalidInput, match="3 predicted and 2 true values of 2 patients do not fit"):
        regression_report([1.0, 2.0, 3.0], [1.0, 2.0], ["a", "b"])


def test_errors_that_are_all_alike_do_not_pass_for_known():
    found = regression_report(np.arange(25.0) + 1, np.arange(25.0), range(25), resamples=50).metrics
    even = "No interval: every resample of the patients has this value."
    for name in ("mae", "mse", "rmse", "bias"):
        assert (found[name].value, found[name].low, found[name].high) == (1.0, None, None)
        assert (found[name].note, found[name].method) == (even, "")
    assert found["r2"].low < found["r2"].value  # the true values vary, so it does
    assert regression_report(np.arange(5.0), np.arange(5.0), range(5)).metrics["r2"].note == even
