"""Whether probabilities mean what they say, and what deciding by them is worth."""

import numpy as np

from core.evaluation.metrics import Bools, Floats


def brier(probabilities: Floats, truth: Bools) -> float:
    """Mean squared distance of the probability from what is; 0 is best. Source: Brier, Mon. Weather Rev. 78 (1950)."""
    return float(np.mean((probabilities - truth) ** 2))


def expected_calibration_error(probabilities: Floats, truth: Bools, *, bins: int = 10) -> float:
    """Mean over equal-width bins, by images, of |mean probability − share positive|; 1 falls in the last bin."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=probabilities - truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def net_benefit(probabilities: Floats, truth: Bools, *, threshold: float) -> float:
    """True positives less false positives at the threshold's odds, per image. 0 ≤ threshold < 1.

    Source: Vickers and Elkin, Medical Decision Making 26 (2006). Treating everybody: give probabilities of 1.
    """
    called = probabilities >= threshold
    odds = threshold / (1 - threshold)
    return float(((called & truth).sum() - odds * (called & ~truth).sum()) / len(truth))
