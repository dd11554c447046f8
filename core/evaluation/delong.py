"""DeLong's covariance of AUROCs and test of two; in its clustered form where patients have several cases.

Source: Sun and Xu, IEEE Signal Processing Letters 21 (2014) 1389–1393, after DeLong et al., Biometrics 44 (1988);
clustered: Obuchowski, Biometrics 53 (1997) 567–578.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import Bools, Floats, midranks

PLAIN, CLUSTERED = "DeLong", "DeLong, clustered by patient (Obuchowski)"


@dataclass(frozen=True, slots=True)
class DeLongTest:
    """Test of two AUROCs on the same cases.

    `z` and `p` are None, and `note` says why, where both runs rank all pairs alike.
    """

    first: float
    second: float
    z: float | None
    p: float | None
    note: str = ""
    method: str = PLAIN


def delong(scores: NDArray[np.float64], truth: Bools, owner: NDArray[np.intp] | None = None) -> tuple[Floats, Floats]:
    """Return the AUROCs (runs,) and their DeLong covariance (runs, runs) of scores (runs, n) against truth (n,).

    Cases are independent, or clustered by `owner` (n,), the patient of each case.

    Raises:
        InvalidInput: fewer than two cases, or patients, of a class.
    """
    positives, negatives = scores[:, truth], scores[:, ~truth]
    m, n = positives.shape[1], negatives.shape[1]
    if m < 2 or n < 2:
        raise InvalidInput(
            f"DeLong's variance needs two cases per class; there are {m} positive and {n} negative cases."
        )
    class_ranks = [np.stack([midranks(run) for run in part]) for part in (positives, negatives)]
    ranks = np.stack([midranks(run) for run in scores])
    beaten_by_positive = (ranks[:, truth] - class_ranks[0]) / n  # (runs, positives)
    beating_negative = 1 - (ranks[:, ~truth] - class_ranks[1]) / m  # (runs, negatives)
    if owner is not None:
        return beaten_by_positive.mean(axis=1), _clustered(beaten_by_positive, beating_negative, truth, owner)
    covariance = np.atleast_2d(np.cov(beaten_by_positive)) / m + np.atleast_2d(np.cov(beating_negative)) / n
    return beaten_by_positive.mean(axis=1), covariance


def delong_test(first: Floats, second: Floats, truth: Bools, owner: NDArray[np.intp] | None = None) -> DeLongTest:
    """Test two-sidedly whether two runs have the same AUROC on the same cases; clustered where `owner` is given.

    Raises:
        InvalidInput: fewer than two cases, or patients, of a class.
    """
    aucs, covariance = delong(np.stack([first, second]), truth, owner)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    a, b, method = float(aucs[0]), float(aucs[1]), PLAIN if owner is None else CLUSTERED
    if variance <= 1e-15:
        return DeLongTest(a, b, None, None, "Undefined: the two runs rank every pair of cases alike.", method)
    z = (a - b) / math.sqrt(variance)
    return DeLongTest(a, b, z, math.erfc(abs(z) / math.sqrt(2)), method=method)


def _clustered(positive: Floats, negative: Floats, truth: Bools, owner: NDArray[np.intp]) -> Floats:
    """Return the clustered covariance from each patient's sum of deviations from the AUROC (runs, cases).

    A patient may have cases of both classes.
    """
    (m, n), area = (positive.shape[1], negative.shape[1]), positive.mean(axis=1, keepdims=True)
    patients_positive, patients_negative = (np.unique(owner[side]).size for side in (truth, ~truth))
    if patients_positive < 2 or patients_negative < 2:
        raise InvalidInput(
            f"DeLong's clustered variance needs two patients per class; there are {patients_positive} with positive "
            f"and {patients_negative} with negative cases."
        )
    off_positive, off_negative = _by_owner(positive - area, owner[truth]), _by_owner(negative - area, owner[~truth])
    shared = np.intersect1d(off_positive[0], off_negative[0], return_indices=True)[1:]
    x, y = off_positive[1], off_negative[1]
    patients = np.unique(owner).size
    crossed = x[:, shared[0]] @ y[:, shared[1]].T * patients / (patients - 1) / (m * n)
    within = (
        x @ x.T * patients_positive / (patients_positive - 1) / m**2
        + y @ y.T * patients_negative / (patients_negative - 1) / n**2
    )
    return np.asarray(within + crossed + crossed.T, dtype=np.float64)


def _by_owner(amounts: Floats, owner: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
    """Return the distinct owners and their sums (runs, owners)."""
    owners, row = np.unique(owner, return_inverse=True)
    return owners, np.stack([np.bincount(row, weights=run, minlength=len(owners)) for run in amounts])
