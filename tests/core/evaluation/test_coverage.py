"""The promise of an interval: 95 of 100 hold the truth when patients are resampled, far fewer when images are."""

from functools import partial

import numpy as np
import pytest

from core.evaluation.binary_metrics import binary_metrics, threshold_free_metrics
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.comparison import compare
from core.evaluation.subgroups import subgroups
from tests.core.evaluation.cohorts import TRUE_ACCURACY, TRUE_AUROC, cohort, mixed

TRUTH = {
    "auroc": TRUE_AUROC,
    "accuracy": TRUE_ACCURACY,
    "sensitivity": TRUE_ACCURACY,
    "specificity": TRUE_ACCURACY,
}
COHORTS = {"alike": cohort, "mixed": mixed, "single": partial(cohort, images=1)}


def coverage(made, repetitions, *, resamples=200, images=False):
    """Share of intervals that hold the truth, by metric; of `images` as if each were a patient."""
    rng, hits = np.random.default_rng(20), dict.fromkeys(TRUTH, 0)
    for seed in range(repetitions):
        p, truth, owner = made(rng)
        patients = np.arange(len(truth)) if images else owner
        result = binary_metrics(
            BinaryScores.of(range(len(truth)), p[:, 1], truth, patients, name="ill"),
            0.5,
            resamples=resamples,
            seed=seed,
        )
        for metric, true in TRUTH.items():
            hits[metric] += result[metric].ci_low <= true <= result[metric].ci_high
    return {metric: number / repetitions for metric, number in hits.items()}


def test_patients_cover_and_images_do_not():
    by_patient, by_image = (coverage(cohort, 100, resamples=100, images=images) for images in (False, True))
    for metric in TRUTH:
        assert 0.90 <= by_patient[metric] <= 1
        assert by_image[metric] < 0.80


@pytest.mark.parametrize(("power", "true"), [(1, 0.0), (2, 1 / 6)])
def test_the_interval_of_an_ece_holds_the_truth_of_the_calibrated_too(power, true):
    """Of probabilities spread evenly, true as often as p or p²: the bins' mean gap is 0, or ∫ p − p² = 1 / 6."""
    rng, hits = np.random.default_rng(23), 0
    for seed in range(100):
        p = rng.random(400)
        run = BinaryScores.of(range(400), p, rng.random(400) < p**power, range(400), name="ill")
        result = threshold_free_metrics(run, resamples=100, seed=seed)["ece"]
        hits += result.ci_low <= true <= result.ci_high
    assert hits >= 92


@pytest.mark.slow
@pytest.mark.parametrize("kind", COHORTS)
def test_intervals_cover_93_to_97_percent_in_1000_repetitions(kind):
    share = coverage(COHORTS[kind], 1000, resamples=300)
    assert all(0.93 <= share[metric] <= 0.97 for metric in TRUTH), share


@pytest.mark.slow
def test_the_gap_of_a_group_to_the_rest_covers():
    """No group differs, so 95 of 100 gaps hold 0, of shared patients too; and what is called worse is rarely so."""
    rng, hits, tested, result = (
        np.random.default_rng(21),
        {"auroc": 0, "sensitivity": 0},
        dict.fromkeys(("n", "p"), 0),
        0,
    )
    for seed in range(400):
        p, truth, owner = mixed(rng)
        facts = {"site": rng.choice(list("ABC"), size=120)[owner], "view": rng.choice(list("xy"), size=len(owner))}
        run = BinaryScores.of(range(len(truth)), p[:, 1], truth, owner, name="ill")
        for figure in hits:
            report = subgroups(run, 0.5, facts, figure=figure, pairs=False, resamples=150, seed=seed)
            hits[figure] += np.mean([one.gap.ci_low <= 0 <= one.gap.ci_high for one in report])
            result += min(one.adjusted_p for one in report) < 0.05
            tested["n"] += len(report)
            tested["p"] += sum(one.p < 0.05 for one in report)
    assert all(0.92 <= number / 400 <= 0.98 for number in hits.values()), hits
    assert 0.02 <= tested["p"] / tested["n"] <= 0.08
    assert result / 800 <= 0.06  # of all looks, hardly more than one in twenty finds anything where there is nothing


@pytest.mark.slow
def test_the_difference_of_two_equally_good_runs_covers():
    rng, hits, repetitions = np.random.default_rng(22), dict.fromkeys(TRUTH, 0), 400
    for seed in range(repetitions):
        p, truth, owner = mixed(rng)
        other = 1 / (1 + np.exp(-(1.2 * (truth - 0.5) + rng.normal(size=120)[owner])))
        runs = (BinaryScores.of(range(len(truth)), one, truth, owner, name="ill") for one in (p[:, 1], other))
        result = compare(*runs, (0.5, 0.5), resamples=150, seed=seed)
        for metric in TRUTH:
            hits[metric] += result.differences[metric].ci_low <= 0 <= result.differences[metric].ci_high
    assert all(0.92 <= number / repetitions <= 0.98 for number in hits.values()), hits
