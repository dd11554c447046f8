"""The bands of the curves: against scikit-learn resample by resample, and that they hold the truth."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts
from core.evaluation.confidence_intervals import bootstrap_interval
from core.evaluation.curve_bands import PLACES, Band, precision_band, roc_band
from core.evaluation.estimate import PatientIndex, patient_counts
from tests.core.evaluation.cohorts import scored

SHARE, APART, ALIKE = 0.4, 1.5, 0.5  # of the simulation: who is ill, by how much, how alike a patient's images are


def made(seed, *, ties):
    scores, truth, owner = scored(seed, n=120, ties=ties)
    return BinaryScores.of(range(120), scores, truth, owner, name="ill")


def resampled(one, height):
    counts = np.hstack(list(resample_counts(len(one.patients), resamples=40, seed=0)))
    return np.array([height(column[one.owner]) for column in counts.T])


@pytest.mark.parametrize("ties", [False, True])
def test_a_roc_band_agrees_with_scikit_learn_on_every_resample(ties):
    one = made(6, ties=ties)

    def height(weights):
        x, y, _ = sk.roc_curve(one.truth, one.scores, sample_weight=weights, drop_intermediate=False)
        return np.interp(PLACES, x, y)

    owners = PatientIndex(one.owner, len(one.patients))
    carriers, effective = map(
        min, zip(*(patient_counts(owners.sizes(side)) for side in (one.truth, ~one.truth)), strict=True)
    )
    draws, value = resampled(one, height), height(np.ones(120))
    theirs = [
        bootstrap_interval(value[at], draws[:, at], carriers=carriers, effective=effective) for at in range(len(PLACES))
    ]
    ours = roc_band(one, resamples=40)
    np.testing.assert_allclose(np.transpose([ours.low, ours.high]), theirs, atol=1e-9)


@pytest.mark.parametrize("ties", [False, True])
def test_a_precision_band_agrees_with_scikit_learn_on_every_resample(ties):
    one = made(7, ties=ties)

    def height(weights):
        precision, recall, _ = sk.precision_recall_curve(one.truth, one.scores, sample_weight=weights)
        return [precision[:-1][recall[:-1] >= place - 1e-9][-1] for place in PLACES]

    owners, draws, value = PatientIndex(one.owner, len(one.patients)), resampled(one, height), height(np.ones(120))
    _, recall, thresholds = sk.precision_recall_curve(one.truth, one.scores)
    reached = [thresholds[recall[:-1] >= place - 1e-9][-1] for place in PLACES]
    theirs = {}
    for at, threshold in enumerate(reached):
        carriers, effective = patient_counts(owners.sizes(one.scores >= threshold))
        bounds = bootstrap_interval(value[at], draws[:, at], carriers=carriers, effective=effective)
        theirs |= {PLACES[at]: bounds} if bounds else {}
    ours = precision_band(one, resamples=40)
    np.testing.assert_allclose(ours.x, list(theirs))
    np.testing.assert_allclose(np.transpose([ours.low, ours.high]), list(theirs.values()), atol=1e-9)


def covered(*, images):
    """The share of 150 cohorts of 80 patients whose bands hold the true curves, by place; of `images` as patients."""
    rng, repetitions = np.random.default_rng(3), 150
    threshold = norm.isf(PLACES) + APART
    true = {
        roc_band: norm.sf(norm.isf(PLACES) - APART),
        precision_band: SHARE * PLACES / (SHARE * PLACES + (1 - SHARE) * norm.sf(threshold)),
    }
    held, there = ({band: np.zeros(len(PLACES)) for band in true} for _ in range(2))
    for _ in range(repetitions):
        ill, owner = rng.random(80) < SHARE, np.repeat(np.arange(80), 3)
        noise = np.sqrt(ALIKE) * rng.normal(size=80)[owner] + np.sqrt(1 - ALIKE) * rng.normal(size=240)
        patients = np.arange(240) if images else owner
        one = BinaryScores.of(range(240), noise + APART * ill[owner], ill[owner], patients, name="ill")
        for band, height in true.items():
            told = band(one, resamples=100)
            at = np.searchsorted(PLACES, np.array(told.x) - 1e-9)
            held[band][at] += (np.array(told.low) <= height[at]) & (height[at] <= np.array(told.high))
            there[band][at] += 1
    return {band: held[band] / there[band] for band in true}


def test_bands_hold_the_true_curve_where_patients_are_resampled_and_not_where_images_are():
    by_patient, by_image = covered(images=False), covered(images=True)
    for band, share in by_patient.items():
        assert share.min() >= 0.88
        assert 0.93 <= share.mean() <= 0.99
        assert by_image[band].mean() < share.mean() - 0.03


def test_one_class_or_one_patient_has_no_band():
    for truth in ([True, True], [False, False]):
        one = BinaryScores.of([1, 2], [0.2, 0.7], truth, "ab", name="ill")
        assert roc_band(one) == precision_band(one) == Band()
    alone = BinaryScores.of(range(4), [0.1, 0.6, 0.4, 0.9], [False, False, True, True], "aaaa", name="ill")
    assert roc_band(alone) == precision_band(alone) == Band()
    assert Band().along([0.5]) == {"low": [None], "high": [None]}


def test_between_its_places_a_band_is_straight_and_beyond_them_it_is_not_told():
    told = Band((0.2, 0.4), (0.1, 0.3), (0.5, 0.9)).along([0.0, 0.2, 0.3, 0.41])
    assert told["low"] == [None, 0.1, pytest.approx(0.2), None]
    assert told["high"] == [None, 0.5, pytest.approx(0.7), None]
