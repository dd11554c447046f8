"""The bands of the curves: against scikit-learn resample by resample, and that they hold the truth."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts
from core.evaluation.confidence_intervals import percentile_interval
from core.evaluation.curve_bands import PLACES, Band, precision_band, roc_band
from core.evaluation.estimate import PatientIndex, patient_counts
from tests.core.evaluation.cohorts import scored

SHARE, APART, ALIKE = 0.4, 1.5, 0.5  # of the simulation: who is ill, by how much, how alike a patient's images are


def made(seed, *, ties):
    scores, truth, owner = scored(seed, n=120, ties=ties)
    return BinaryScores.of(range(120), scores, truth, owner, name="ill")


def resampled(item, height):
    counts = np.hstack(list(resample_counts(len(item.patients), resamples=40, seed=0)))
    return np.array([height(column[item.owner]) for column in counts.T])


@pytest.mark.parametrize("ties", [False, True])
def test_a_roc_band_agrees_with_scikit_learn_on_every_resample(ties):
    item = made(6, ties=ties)

    def height(weights):
        x, y, _ = sk.roc_curve(item.truth, item.scores, sample_weight=weights, drop_intermediate=False)
        return np.interp(PLACES, x, y)

    owners = PatientIndex(item.owner, len(item.patients))
    carriers, effective = map(
        min, zip(*(patient_counts(owners.sizes(side)) for side in (item.truth, ~item.truth)), strict=True)
    )
    draws, value = resampled(item, height), height(np.ones(120))
    theirs = [
        percentile_interval(value[at], draws[:, at], carriers=carriers, effective=effective)
        for at in range(len(PLACES))
    ]
    ours = roc_band(item, resamples=40)
    np.testing.assert_allclose(np.transpose([ours.low, ours.high]), theirs, atol=1e-9)


@pytest.mark.parametrize("ties", [False, True])
def test_a_precision_band_agrees_with_scikit_learn_on_every_resample(ties):
    item = made(7, ties=ties)

    def height(weights):
        precision, recall, _ = sk.precision_recall_curve(item.truth, item.scores, sample_weight=weights)
        return [precision[:-1][recall[:-1] >= place - 1e-9][-1] for place in PLACES]

    owners, draws, value = PatientIndex(item.owner, len(item.patients)), resampled(item, height), height(np.ones(120))
    _, recall, thresholds = sk.precision_recall_curve(item.truth, item.scores)
    reached = [thresholds[recall[:-1] >= place - 1e-9][-1] for place in PLACES]
    theirs = {}
    for at, threshold in enumerate(reached):
        carriers, effective = patient_counts(owners.sizes(item.scores >= threshold))
        bounds = percentile_interval(value[at], draws[:, at], carriers=carriers, effective=effective)
        theirs |= {PLACES[at]: bounds} if bounds else {}
    ours = precision_band(item, resamples=40)
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
    retained, present = ({band: np.zeros(len(PLACES)) for band in true} for _ in range(2))
    for _ in range(repetitions):
        ill, owner = rng.random(80) < SHARE, np.repeat(np.arange(80), 3)
        noise = np.sqrt(ALIKE) * rng.normal(size=80)[owner] + np.sqrt(1 - ALIKE) * rng.normal(size=240)
        patients = np.arange(240) if images else owner
        item = BinaryScores.of(range(240), noise + APART * ill[owner], ill[owner], patients, name="ill")
        for band, height in true.items():
            result = band(item, resamples=100)
            at = np.searchsorted(PLACES, np.array(result.x) - 1e-9)
            retained[band][at] += (np.array(result.low) <= height[at]) & (height[at] <= np.array(result.high))
            present[band][at] += 1
    return {band: retained[band] / present[band] for band in true}


def test_bands_hold_the_true_curve_where_patients_are_resampled_and_not_where_images_are():
    by_patient, by_image = covered(images=False), covered(images=True)
    for band, share in by_patient.items():
        assert share.min() >= 0.88
        assert 0.93 <= share.mean() <= 0.99
        assert by_image[band].mean() < share.mean() - 0.03


def test_at_a_steep_step_a_band_stays_within_what_the_resamples_gave():
    """Nearly all of the first 60 are positive, then 40 negatives: at one recall the precision falls from 0.95 to 0.58.

    On the logit scale of 0.95 the resamples' jump reached down to 0.00, below the share of positives (0.44).
    """
    scored = np.arange(200)
    truth = ((scored < 60) & (scored % 20 != 9)) | ((scored >= 100) & (scored < 160) & (scored % 2 == 0))
    item = BinaryScores.of(scored, -1.0 * scored, truth, scored, name="ill")
    band = precision_band(item, resamples=200)
    assert min(low for x, low in zip(band.x, band.low, strict=True) if x > 0.3) > 0.4
    assert max(high for x, high in zip(band.x, band.high, strict=True) if x > 0.8) < 0.7


def test_one_class_or_one_patient_has_no_band():
    for truth in ([True, True], [False, False]):
        item = BinaryScores.of([1, 2], [0.2, 0.7], truth, "ab", name="ill")
        assert roc_band(item) == precision_band(item) == Band()
    alone = BinaryScores.of(range(4), [0.1, 0.6, 0.4, 0.9], [False, False, True, True], "aaaa", name="ill")
    assert roc_band(alone) == precision_band(alone) == Band()
    assert Band().along([0.5]) == {"low": [None], "high": [None]}


def test_between_its_places_a_band_is_straight_and_beyond_them_it_is_not_told():
    result = Band((0.2, 0.4), (0.1, 0.3), (0.5, 0.9)).along([0.0, 0.2, 0.3, 0.41])
    assert result["low"] == [None, 0.1, pytest.approx(0.2), None]
    assert result["high"] == [None, 0.5, pytest.approx(0.7), None]
