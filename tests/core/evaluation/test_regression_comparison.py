"""Differences of the errors of two runs: plain formulas, pairs of resamples, intervals that cover."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.errors import InvalidInput
from core.evaluation.bootstrap import resample_counts
from core.evaluation.regression_comparison import compare_regressions, incompatibility

KEYS = {"mae": sk.mean_absolute_error, "mse": sk.mean_squared_error, "r2": sk.r2_score}


def two(seed: int, *, patients: int = 40, each: int = 4):
    """True values, two predictions whose errors go together, and patients."""
    chance = np.random.default_rng(seed)
    owner = np.repeat(np.arange(patients), each)
    truth = chance.normal(60, 12, len(owner))
    shared = chance.normal(0, 4, patients)[owner] + chance.normal(0, 2, len(owner))
    return truth, truth + shared, truth + shared * 1.1 + chance.normal(0, 1, len(owner)), owner


def test_differences_are_those_of_scikit_learn_on_the_same_resamples():
    truth, first, second, owner = two(3)
    result = compare_regressions(first, second, truth, owner, resamples=200)
    weights = np.concatenate(list(resample_counts(40, resamples=200, seed=0)), axis=1)[owner]
    for name, of in KEYS.items():
        report = result.differences[name]
        assert report.value == pytest.approx(of(truth, second) - of(truth, first), abs=1e-9)
        assert result.first.metrics[name].value == pytest.approx(of(truth, first), abs=1e-9)
        draws = [of(truth, first, sample_weight=one) - of(truth, second, sample_weight=one) for one in weights.T]
        spread = np.std(draws, ddof=1) * np.sqrt(40 / 39)
        assert (report.ci_high - report.ci_low) / 2 == pytest.approx(2.0226909 * spread, rel=1e-6)  # t of 39 degrees
        assert report.method == "patient-level bootstrap"


def test_cases_that_moved_most_stand_first():
    result = compare_regressions([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 0.5, 0.2, 9.0, 6.0], np.zeros(5), list("abcde"))
    assert result.nearer.tolist() == [2, 1]
    assert result.further.tolist() == [3, 4]


def test_intervals_cover_the_difference_by_patient():
    covered, rounds = 0, 200
    truth_of = np.sqrt(2 / np.pi) * (np.sqrt(20 * 1.21 + 1) - np.sqrt(20))  # of normal errors
    for seed in range(rounds):
        truth, first, second, owner = two(seed)
        result = compare_regressions(first, second, truth, owner, resamples=200).differences["mae"]
        covered += result.ci_low <= truth_of <= result.ci_high
    assert 0.90 <= covered / rounds <= 0.99


def test_what_has_no_interval_says_why():
    truth, result, _, owner = two(0)
    alike = compare_regressions(result, result, truth, owner, resamples=50).differences["mae"]
    assert (alike.value, alike.ci_low) == (0.0, None)
    assert "have the same value on these cases" in alike.note
    even = compare_regressions(np.full(4, 1.0), np.full(4, 3.0), np.zeros(4), list("abcd"), resamples=50).differences
    assert (even["mae"].value, even["mae"].ci_low) == (2.0, None)
    assert "all resamples of the patients give the same difference" in even["mae"].note
    assert even["r2"].note == "Undefined: all cases have the same value."
    single = compare_regressions([1.0, 2.0], [0.0, 1.0], [0.0, 4.0], ["a", "a"]).differences["mse"]
    assert "a single patient" in single.note
    with pytest.raises(InvalidInput, match="do not match"):
        compare_regressions([1.0], [1.0, 2.0], [1.0, 2.0], ["a", "b"])


def test_other_cases_truths_and_patients_are_refused():
    cases, truth = np.array([1, 2, 3]), np.array([4.0, 5.0, 6.0])
    assert incompatibility((cases, cases), (truth, truth), ("abc", "abc")) == ""
    assert "1 of 3 cases are only in the first and 0" in incompatibility(
        (cases, cases[1:]), (truth, truth[1:]), ("abc", "bc")
    )
    assert "The reference labels of 1 of 3 cases differ" in incompatibility(
        (cases, cases), (truth, np.array([4.0, 5.0, 7.0])), ("abc", "abc")
    )
    assert "other patient IDs" in incompatibility((cases, cases), (truth, truth), ("abc", "abd"))
