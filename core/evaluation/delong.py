"""DeLong's variance of an AUROC and test of two, for images that are independent: with several per patient, resample.

Source: Sun and Xu, IEEE Signal Processing Letters 21 (2014) 1389–1393, after DeLong et al., Biometrics 44 (1988).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import Bools, Floats, midranks


@dataclass(frozen=True, slots=True)
class DeLongTest:
    """Two runs on the same images. `z` and `p` are None, and `note` says why, where the runs rank all images alike."""

    first: float
    second: float
    z: float | None
    p: float | None
    note: str = ""


def delong(scores: NDArray[np.float64], truth: Bools) -> tuple[Floats, Floats]:
    """AUROCs (runs,) and their covariance (runs, runs) of scores (runs, images) against truth (images,).

    Raises:
        InvalidInput: fewer than two images of a class.
    """
    positives, negatives = scores[:, truth], scores[:, ~truth]
    m, n = positives.shape[1], negatives.shape[1]
    if m < 2 or n < 2:
        raise InvalidInput(f"DeLong's variance needs two images of each class; there are {m} positive, {n} negative.")
    own_ranks = [np.stack([midranks(run) for run in part]) for part in (positives, negatives)]
    ranks = np.stack([midranks(run) for run in scores])
    beaten_by_positive = (ranks[:, truth] - own_ranks[0]) / n  # (runs, positives)
    beating_negative = 1 - (ranks[:, ~truth] - own_ranks[1]) / m  # (runs, negatives)
    covariance = np.atleast_2d(np.cov(beaten_by_positive)) / m + np.atleast_2d(np.cov(beating_negative)) / n
    return beaten_by_positive.mean(axis=1), covariance


def delong_test(first: Floats, second: Floats, truth: Bools) -> DeLongTest:
    """Two-sided z test that two runs have the same AUROC on the same images.

    Raises:
        InvalidInput: fewer than two images of a class.
    """
    aucs, covariance = delong(np.stack([first, second]), truth)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    a, b = float(aucs[0]), float(aucs[1])
    if variance <= 1e-15:
        return DeLongTest(a, b, None, None, "Undefined: the two runs rank every pair of images alike.")
    z = (a - b) / math.sqrt(variance)
    return DeLongTest(a, b, z, math.erfc(abs(z) / math.sqrt(2)))
