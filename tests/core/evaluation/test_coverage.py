"""The promise of an interval: 95 of 100 hold the truth when patients are resampled, far fewer when images are."""

import numpy as np
import pytest

from core.evaluation.report import report
from tests.core.evaluation.cohorts import TRUE_ACCURACY, TRUE_AUROC, cohort

TRUTH = {"auroc": TRUE_AUROC, "accuracy": TRUE_ACCURACY}


def coverage(repetitions, *, resamples=200):
    """Share of intervals that hold the truth: (metric, "patient" or "image") → share."""
    rng = np.random.default_rng(20)
    hits = {(metric, unit): 0 for metric in TRUTH for unit in ("patient", "image")}
    for seed in range(repetitions):
        p, truth, owner = cohort(rng, patients=100, images=5)
        for unit, owners in {"patient": owner, "image": np.arange(len(owner))}.items():
            told = report(p, truth, owners, ("well", "ill"), resamples=resamples, seed=seed).metrics
            for metric, true in TRUTH.items():
                hits[metric, unit] += told[metric].low <= true <= told[metric].high
    return {key: number / repetitions for key, number in hits.items()}


def test_patients_cover_and_images_do_not():
    share = coverage(150)
    for metric in TRUTH:
        assert 0.91 <= share[metric, "patient"] <= 0.99
        assert share[metric, "image"] < 0.80


@pytest.mark.slow
def test_patients_cover_93_to_97_percent_in_1500_repetitions():
    share = coverage(1500, resamples=400)
    for metric in TRUTH:
        assert 0.93 <= share[metric, "patient"] <= 0.97
        assert share[metric, "image"] < 0.80
