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
@pytest.mark.parametrize("asked", [0.05, 0.5, 0.8, 0.95, 1.0])
def test_a_threshold_is_the_best_of_all_scores_that_keep_the_promise(asked, ties):
    run = made(ties=ties)
    every = np.unique(run.scores)
    sensitive = max(one for one in every if shares(run, one)[0] >= asked)
    assert threshold_for(run, sensitivity=asked) == sensitive
    kept = [one for one in every if shares(run, one)[1] >= asked]
    if kept:
        assert threshold_for(run, specificity=asked) == min(kept)
    else:
        with pytest.raises(InvalidInput, match="No score keeps a specificity"):
            threshold_for(run, specificity=asked)


@pytest.mark.parametrize("positives", range(1, 60))
def test_a_promise_that_is_kept_exactly_counts_as_kept(positives):
    run = BinaryScores.of(
        range(positives + 1), np.arange(positives + 1) / 100, [0] + [1] * positives, range(positives + 1), name="ill"
    )
    for called in range(1, positives + 1):
        threshold = threshold_for(run, sensitivity=called / positives)
        assert (run.scores[run.truth] >= threshold).sum() == called


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "Ask for a sensitivity or a specificity"),
        ({"sensitivity": 0.9, "specificity": 0.9}, "not for both"),
        ({"sensitivity": 0.0}, "A share of 0.0 cannot be kept"),
        ({"specificity": float("nan")}, "cannot be kept"),
        ({"sensitivity": 95}, "A share of 95 cannot be kept"),
    ],
)
def test_what_cannot_be_promised_is_refused(asked, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        threshold_for(made(), **asked)


def test_one_class_has_no_operating_point():
    for truth, asked, sentence in ((0, "sensitivity", "No case here is ill"), (1, "specificity", "Every case here is")):
        with pytest.raises(InvalidInput, match=sentence):
            threshold_for(BinaryScores.of([1, 2], [0.1, 0.2], [truth] * 2, "ab", name="ill"), **{asked: 0.9})


def test_a_specificity_that_no_score_keeps_names_the_best_there_is():
    run = BinaryScores.of(range(4), [0.1, 0.2, 0.3, 0.9], [0, 1, 0, 0], "abcd", name="ill")
    with pytest.raises(InvalidInput, match=r"ask for at most 0\.6667"):
        threshold_for(run, specificity=1.0)


def test_net_benefit_of_the_published_scores():
    truth = [1, 1, 1, 0, 1, 0, 0, 1, 0, 0]
    run = BinaryScores.of(range(10), np.arange(0.95, 0, -0.10), truth, range(10), name="ill")
    told = decision_curve(run, (0.2, 0.5), resamples=50)
    assert told.model == pytest.approx((0.425, 0.300), abs=1e-6)
    assert told.treat_all[0] == pytest.approx(0.375, abs=1e-6)
    assert told.treat_none == (0, 0)


def test_a_decision_curve_is_net_benefit_at_every_threshold_inside_its_band():
    run, at = made(1), np.linspace(0, 0.99, 34)
    told = decision_curve(run, at, resamples=200)
    for k, threshold in enumerate(at):
        assert told.model[k] == pytest.approx(net_benefit(run.scores, run.truth, threshold=threshold), abs=1e-12)
        everybody = net_benefit(np.ones(500), run.truth, threshold=threshold)
        assert told.treat_all[k] == pytest.approx(everybody, abs=1e-12)
        assert told.low[k] <= told.model[k] <= told.high[k]
    assert json.loads(json.dumps(told.to_json(), allow_nan=False))["thresholds"] == list(told.thresholds)


def test_the_band_of_net_benefit_covers_by_patient():
    found, missed = (0.5 * math.erfc((0.4 - middle) / 0.2 / math.sqrt(2)) for middle in (0.6, 0.3))
    true = 0.4 * found - 0.6 * missed * 0.4 / 0.6
    rng, held = np.random.default_rng(7), 0
    for seed in range(300):
        ill, owner = rng.random(80) < 0.4, np.repeat(np.arange(80), 4)  # four copies of a case say what one says
        score = np.clip(0.3 + 0.3 * ill + 0.2 * rng.normal(size=80), 0, 1)[owner]
        told = decision_curve(
            BinaryScores.of(range(320), score, ill[owner], owner, name="ill"), (0.4,), resamples=200, seed=seed
        )
        held += told.low[0] <= true <= told.high[0]
    assert 0.92 <= held / 300 <= 0.98


def test_one_patient_has_no_band_and_what_is_no_probability_no_curve():
    assert decision_curve(BinaryScores.of([1, 2], [0.2, 0.8], [0, 1], "aa", name="ill"), (0.5,)).low == ()
    for run, at in ((made().scored_by(made().scores * 2), (0.5,)), (made(), (1.0,))):
        with pytest.raises(InvalidInput, match="weighs probabilities at thresholds from 0 to below 1"):
            decision_curve(run, at)
