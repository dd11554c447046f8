"""Errors of predicted numbers against plain formulas, and intervals that cover."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.regression import regression_report


def test_figures_are_their_formulas():
    truth, report = np.array([40.0, 50.0, 60.0, 70.0]), np.array([42.0, 47.0, 61.0, 78.0])
    result = regression_report(report, truth, ["a", "a", "b", "c"]).metrics
    assert result["mae"].value == pytest.approx(3.5)
    assert result["rmse"].value == pytest.approx(np.sqrt((4 + 9 + 1 + 64) / 4))
    assert result["bias"].value == pytest.approx(2.0)
    assert result["r2"].value == pytest.approx(1 - 78 / 500)


def test_figures_agree_with_scikit_learn_and_tell_how_their_intervals_were_made():
    chance = np.random.default_rng(1)
    truth = chance.normal(60, 12, 200)
    report, patients = truth + chance.normal(1, 5, 200), chance.integers(50, size=200)
    result = regression_report(report, truth, patients, resamples=100).metrics
    expected = {
        "mae": sk.mean_absolute_error(truth, report),
        "mse": sk.mean_squared_error(truth, report),
        "rmse": sk.root_mean_squared_error(truth, report),
        "r2": sk.r2_score(truth, report),
        "bias": (report - truth).mean(),
    }
    assert {name: one.value for name, one in result.items()} == pytest.approx(expected, abs=1e-9)
    assert {one.method for one in result.values()} == {"patient-level bootstrap"}
    assert all(one.ci_low < one.value < one.ci_high for one in result.values())


def test_large_numbers_keep_their_variance():
    truth = 1e9 + np.arange(10.0)
    result = regression_report(truth + 0.5, truth, range(10)).metrics
    assert result["r2"].value == pytest.approx(1 - 0.25 / 8.25, abs=1e-6)


def test_intervals_cover_by_patient():
    chance, covered, rounds = np.random.default_rng(0), 0, 200
    for _ in range(rounds):
        patients = np.repeat(np.arange(40), 4)
        errors = np.repeat(chance.normal(0, 3, 40), 4) + chance.normal(0, 1, 160)
        result = regression_report(50 + errors, np.full(160, 50.0), patients, resamples=200).metrics["bias"]
        covered += result.ci_low <= 0 <= result.ci_high
    assert 0.90 <= covered / rounds <= 0.99  # of whole patients: of single images it would be about 0.65


def test_what_is_undefined_says_why():
    same = regression_report([41.0, 42.0], [40.0, 40.0], ["a", "b"]).metrics
    assert same["r2"].value is None
    assert same["r2"].note == "Undefined: all cases have the same value."
    alone = regression_report([41.0, 42.0], [40.0, 43.0], ["a", "a"]).metrics["mae"]
    assert (alone.value, alone.ci_low) == (1.0, None)
    with pytest.raises(InvalidInput, match="3 predicted values, 2 true values and 2 patients do not match"):
        regression_report([1.0, 2.0, 3.0], [1.0, 2.0], ["a", "b"])


def test_errors_that_are_all_alike_do_not_pass_for_known():
    result = regression_report(np.arange(25.0) + 1, np.arange(25.0), range(25), resamples=50).metrics
    even = "No interval: all resamples of the patients give the same value."
    for name in ("mae", "mse", "rmse", "bias"):
        assert (result[name].value, result[name].ci_low, result[name].ci_high) == (1.0, None, None)
        assert (result[name].note, result[name].method) == (even, "")
    assert result["r2"].ci_low < result["r2"].value  # the true values vary, so it does
    assert regression_report(np.arange(5.0), np.arange(5.0), range(5)).metrics["r2"].note == even
