"""Whether probabilities mean what they say."""

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import Bools, Floats

ECE_BINS = 10
ECE_NOTE = (
    "Biased upwards: what chance leaves in a bin counts as miscalibration, the more the fewer cases; "
    "it also depends on the bins (10 of equal width)."
)
"""Source: Kumar, Liang and Ma, Verified Uncertainty Calibration, NeurIPS (2019)."""


def brier(probabilities: Floats, truth: Bools) -> float:
    """Mean squared distance of the probability from what is; 0 is best. Source: Brier, Mon. Weather Rev. 78 (1950)."""
    return float(np.mean((probabilities - truth) ** 2))


def bin_of(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """The equal-width bin of each (n,); 1 falls in the last."""
    return np.minimum((probabilities * bins).astype(np.intp), bins - 1)


def expected_calibration_error(probabilities: Floats, truth: Bools, *, bins: int = ECE_BINS) -> float:
    """Mean over equal-width bins, by cases, of |mean probability − share positive|.

    Source: Naeini, Cooper and Hauskrecht, AAAI (2015).
    """
    gaps = np.bincount(bin_of(probabilities, bins), weights=probabilities - truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def net_benefit(probabilities: Floats, truth: Bools, *, threshold: float) -> float:
    """True positives less false positives at the threshold's odds, per case. 0 ≤ threshold < 1.

    Source: Vickers and Elkin, Medical Decision Making 26 (2006). Treating everybody: give probabilities of 1.
    """
    called = probabilities >= threshold
    odds = threshold / (1 - threshold)
    return float(((called & truth).sum() - odds * (called & ~truth).sum()) / len(truth))
