"""Thresholds that keep a promise, against every score tried; net benefit as published and against its definition."""

import json
import math

import numpy as np
import pytest

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.calibration import net_benefit
from core.evaluation.operating_point import decision_curve, threshold_for
from tests.core.evaluation.cohorts import scored


def made(seed=0, *, ties=False):
    scores, truth, owner = scored(seed, ties=ties)
    return BinaryScores.of(range(500), scores, truth, owner, name="ill")


def shares(run, threshold):
    called = run.scores >= threshold
    return called[run.truth].mean(), (~called)[~run.truth].mean()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("requested", [0.05, 0.5, 0.8, 0.95, 1.0])
def test_a_threshold_is_the_best_of_all_scores_that_keep_the_promise(requested, ties):
    run = made(ties=ties)
    every = np.unique(run.scores)
    sensitive = max(one for one in every if shares(run, one)[0] >= requested)
    assert threshold_for(run, sensitivity=requested) == sensitive
    remaining = [one for one in every if shares(run, one)[1] >= requested]
    if remaining:
        assert threshold_for(run, specificity=requested) == min(remaining)
    else:
        with pytest.raises(InvalidInput, match="No threshold has a specificity"):
            threshold_for(run, specificity=requested)


@pytest.mark.parametrize("positives", range(1, 60))
def test_a_promise_that_is_kept_exactly_counts_as_kept(positives):
    run = BinaryScores.of(
        range(positives + 1), np.arange(positives + 1) / 100, [0] + [1] * positives, range(positives + 1), name="ill"
    )
    for called in range(1, positives + 1):
        threshold = threshold_for(run, sensitivity=called / positives)
        assert (run.scores[run.truth] >= threshold).sum() == called


@pytest.mark.parametrize(
    ("requested", "sentence"),
    [
        ({}, "Give either a target sensitivity or a target specificity"),
        ({"sensitivity": 0.9, "specificity": 0.9}, "not both"),
        ({"sensitivity": 0.0}, "The target is 0.0"),
        ({"specificity": float("nan")}, "The target is nan"),
        ({"sensitivity": 95}, "The target is 95"),
    ],
)
def test_what_cannot_be_promised_is_refused(requested, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        threshold_for(made(), **requested)


def test_one_class_has_no_operating_point():
    for truth, requested, sentence in ((0, "sensitivity", "No case is ill"), (1, "specificity", "Every case is")):
        with pytest.raises(InvalidInput, match=sentence):
            threshold_for(BinaryScores.of([1, 2], [0.1, 0.2], [truth] * 2, "ab", name="ill"), **{requested: 0.9})


def test_a_specificity_that_no_score_keeps_names_the_best_there_is():
    run = BinaryScores.of(range(4), [0.1, 0.2, 0.3, 0.9], [0, 1, 0, 0], "abcd", name="ill")
    with pytest.raises(InvalidInput, match=r"choose at most 0\.6667"):
        threshold_for(run, specificity=1.0)


def test_net_benefit_of_the_published_scores():
    truth = [1, 1, 1, 0, 1, 0, 0, 1, 0, 0]
    run = BinaryScores.of(range(10), np.arange(0.95, 0, -0.10), truth, range(10), name="ill")
    result = decision_curve(run, (0.2, 0.5), resamples=50)
    assert result.model == pytest.approx((0.425, 0.300), abs=1e-6)
    assert result.treat_all[0] == pytest.approx(0.375, abs=1e-6)
    assert result.treat_none == (0, 0)


def test_a_decision_curve_is_net_benefit_at_every_threshold_inside_its_band():
    run, at = made(1), np.linspace(0, 0.99, 34)
    result = decision_curve(run, at, resamples=200)
    for k, threshold in enumerate(at):
        assert result.model[k] == pytest.approx(net_benefit(run.scores, run.truth, threshold=threshold), abs=1e-12)
        everybody = net_benefit(np.ones(500), run.truth, threshold=threshold)
        assert result.treat_all[k] == pytest.approx(everybody, abs=1e-12)
        assert result.low[k] <= result.model[k] <= result.high[k]
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["thresholds"] == list(result.thresholds)


def test_the_band_of_net_benefit_covers_by_patient():
    result, missed = (0.5 * math.erfc((0.4 - middle) / 0.2 / math.sqrt(2)) for middle in (0.6, 0.3))
    true = 0.4 * result - 0.6 * missed * 0.4 / 0.6
    rng, retained = np.random.default_rng(7), 0
    for seed in range(300):
        ill, owner = rng.random(80) < 0.4, np.repeat(np.arange(80), 4)  # four copies of a case say what one says
        score = np.clip(0.3 + 0.3 * ill + 0.2 * rng.normal(size=80), 0, 1)[owner]
        report = decision_curve(
            BinaryScores.of(range(320), score, ill[owner], owner, name="ill"), (0.4,), resamples=200, seed=seed
        )
        retained += report.low[0] <= true <= report.high[0]
    assert 0.92 <= retained / 300 <= 0.98


def test_one_patient_has_no_band_and_what_is_no_probability_no_curve():
    assert decision_curve(BinaryScores.of([1, 2], [0.2, 0.8], [0, 1], "aa", name="ill"), (0.5,)).low == ()
    for run, at in ((made().scored_by(made().scores * 2), (0.5,)), (made(), (1.0,))):
        with pytest.raises(InvalidInput, match="probabilities from 0 to 1 and thresholds from 0 to below 1"):
            decision_curve(run, at)
