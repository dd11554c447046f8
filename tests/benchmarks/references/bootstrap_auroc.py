"""The loop everybody writes: draw patients, take their cases, ask scikit-learn."""

import numpy as np
from sklearn.metrics import roc_auc_score


def aurocs(scores, truth, owner, *, patients, resamples, seed):
    """AUROC (resamples,) of cases (n,), a patient's taken as often as the patient is drawn."""
    rng, cases = np.random.default_rng(seed), np.arange(len(scores))
    values = []
    for _ in range(resamples):
        times = np.bincount(rng.integers(patients, size=patients), minlength=patients)
        rows = np.repeat(cases, times[owner])
        values.append(roc_auc_score(truth[rows], scores[rows]))
    return np.array(values)
