"""Calibration and decisions, as published; bins, temperature and staircase against plain recomputation."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from core.errors import InvalidInput
from core.evaluation.binary_metrics import threshold_free_metrics
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.calibration import (
    Calibrator,
    brier_score,
    expected_calibration_error,
    fit,
    net_benefit,
    reliability,
)
from tests.core.evaluation.cohorts import scored

P = np.arange(0.95, 0, -0.10)
Y = np.array([1, 1, 1, 0, 1, 0, 0, 1, 0, 0], dtype=bool)


def made(seed=0, *, single=False, n=500):
    scores, truth, owner = scored(seed, n=n)
    return BinaryScores.of(range(n), scores, truth, range(n) if single else owner, name="ill")


def test_published_numbers():
    assert brier_score(P, Y) == pytest.approx(0.1625, abs=1e-6)
    assert expected_calibration_error(P, Y, bins=5) == pytest.approx(0.12, abs=1e-6)
    assert net_benefit(P, Y, threshold=0.2) == pytest.approx(0.425, abs=1e-6)
    assert net_benefit(P, Y, threshold=0.5) == pytest.approx(0.300, abs=1e-6)
    assert net_benefit(np.ones(10), Y, threshold=0.2) == pytest.approx(0.375, abs=1e-6)


def test_brier_agrees_with_scikit_learn():
    scores, truth, _ = scored(0)
    assert brier_score(scores, truth) == pytest.approx(brier_score_loss(truth, scores), abs=1e-9)


def test_certainty_that_is_right_has_no_error_and_one_falls_in_the_last_bin():
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0
    assert expected_calibration_error(np.array([1.0, 0.95]), np.array([False, True])) == pytest.approx(0.475)


def test_bins_hold_every_case_once_and_make_up_the_ece():
    run = made()
    result = reliability(run, 10, resamples=50)
    assert sum(one.n for one in result) == 500
    gap = sum(one.n * abs(one.mean - one.share) for one in result) / 500
    assert gap == pytest.approx(expected_calibration_error(run.scores, run.truth), abs=1e-12)
    for item in result:
        inside = (run.scores >= item.low) & (run.scores < item.high)
        assert (item.n, item.share, item.mean) == pytest.approx(
            (inside.sum(), run.truth[inside].mean(), run.scores[inside].mean()), abs=1e-12
        )
        assert item.interval[0] <= item.share <= item.interval[1]
        assert item.interval[0] < item.interval[1]


def test_bins_of_independent_cases_have_wilson_s_interval_and_empty_ones_are_left_out():
    run = made(single=True)
    result = reliability(run.scored_by(run.scores / 2), 10)
    assert [round(one.low, 1) for one in result] == [0.0, 0.1, 0.2, 0.3, 0.4]
    for item in result:
        theirs = binomtest(round(item.share * item.n), item.n).proportion_ci(method="wilson")
        assert item.interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert item.method == "Wilson"


def test_a_bin_of_a_single_patient_has_no_interval():
    result = reliability(
        BinaryScores.of(range(4), [0.1, 0.15, 0.7, 0.8], [0, 1, 1, 0], "aabc", name="ill"), 2, resamples=20
    )
    assert [(one.interval is None, one.method == "") for one in result] == [(True, True), (False, False)]


def test_the_temperature_is_that_of_logistic_regression_without_intercept():
    run = made(1)
    odds = np.log(run.scores / (1 - run.scores))[:, None]
    theirs = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=1000).fit(odds, run.truth)
    result = fit("temperature", run)
    assert 1 / result.temperature == pytest.approx(theirs.coef_[0, 0], rel=1e-6)
    assert result.apply(run.scores) == pytest.approx(theirs.predict_proba(odds)[:, 1], abs=1e-6)


def test_no_other_temperature_is_more_likely():
    run = made(2)
    result = fit("temperature", run)
    best = log_loss(run.truth, result.apply(run.scores))
    for factor in (0.9, 0.99, 1.01, 1.1):
        other = Calibrator("temperature", 500, 1, result.temperature * factor)
        assert log_loss(run.truth, other.apply(run.scores)) > best


def test_the_staircase_is_scikit_learn_s():
    run, fresh = made(3), np.linspace(0, 1, 301)
    theirs = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(run.scores, run.truth)
    np.testing.assert_allclose(fit("isotonic", run).apply(fresh), theirs.predict(fresh), atol=1e-12)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_what_is_fitted_on_validation_helps_on_other_cases_and_keeps_their_order(method):
    def overconfident(seed):
        rng = np.random.default_rng(seed)
        odds = rng.normal(size=3000)
        truth = rng.random(3000) < 1 / (1 + np.exp(-odds))
        return BinaryScores.of(range(3000), 1 / (1 + np.exp(-4 * odds)), truth, range(3000), name="ill")

    validation, test = overconfident(0), overconfident(1)
    calibrator = fit(method, validation)
    before, after = (
        threshold_free_metrics(item, resamples=100) for item in (test, test.scored_by(calibrator.apply(test.scores)))
    )
    assert after["ece"].value < 0.05 < 0.15 < before["ece"].value
    assert after["brier"].value < before["brier"].value
    order = np.argsort(test.scores)
    assert (np.diff(calibrator.apply(test.scores)[order]) >= 0).all()
    if method == "temperature":
        assert calibrator.temperature == pytest.approx(4, rel=0.1)
        assert after["auroc"].value == before["auroc"].value


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_calibrator_survives_json(method):
    calibrator = fit(method, made())
    again = Calibrator.from_json(json.loads(json.dumps(calibrator.to_json(), allow_nan=False)))
    assert again == calibrator
    assert (again.cases, again.events) == (500, int(made().truth.sum()))
    assert (again.apply(made(1).scores) == calibrator.apply(made(1).scores)).all()


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"method": "platt", "cases": 1, "events": 1},
        {"method": "isotonic", "cases": "many", "events": 1},
        [],
        {"method": "temperature", "cases": 9, "events": 1, "temperature": float("nan")},
    ],
)
def test_what_is_no_calibrator_is_refused(message):
    with pytest.raises(InvalidInput, match="no calibration of ours"):
        Calibrator.from_json(message)


def test_certain_scores_stay_numbers():
    run = BinaryScores.of(range(4), [0.0, 1.0, 0.0, 1.0], [0, 1, 1, 1], range(4), name="ill")
    for method in ("temperature", "isotonic"):
        result = fit(method, run).apply(np.array([0.0, 0.5, 1.0]))
        assert ((result >= 0) & (result <= 1)).all()
    flawless = BinaryScores.of(range(4), [0.1, 0.9, 0.2, 0.8], [0, 1, 0, 1], range(4), name="ill")
    assert fit("temperature", flawless).temperature == pytest.approx(0.02)
    assert fit("temperature", flawless.scored_by(1 - flawless.scores)).temperature == pytest.approx(50)


def test_what_cannot_be_fitted_is_refused():
    run = made()
    with pytest.raises(InvalidInput, match="Unknown calibration method 'platt'; choose one of temperature, isotonic"):
        fit("platt", run)
    with pytest.raises(InvalidInput, match="and these scores are not"):
        fit("isotonic", run.scored_by(run.scores + 1))
    with pytest.raises(InvalidInput, match="0 of 3 cases are ill"):
        fit("temperature", BinaryScores.of([1, 2, 3], [0.1, 0.2, 0.3], [0, 0, 0], "abc", name="ill"))
    with pytest.raises(InvalidInput, match="reliability diagram with 0 bins"):
        reliability(run, 0)
