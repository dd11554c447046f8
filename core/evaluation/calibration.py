"""Calibration of probabilities: reliability diagram, Brier score, expected calibration error, net benefit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores, is_probability
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.calibrator import Calibrator, fit
from core.evaluation.confidence_intervals import bootstrap_interval, effective_n, interval_method, wilson
from core.evaluation.metric_value import WILSON
from core.evaluation.metrics import Bools, Floats

__all__ = [
    "ECE_NOTE",
    "Calibrator",
    "ReliabilityBin",
    "bin_index",
    "brier_score",
    "expected_calibration_error",
    "fit",
    "net_benefit",
    "reliability",
]

ECE_BINS = 10
ECE_NOTE = (
    "Biased upwards, more so with few cases, because random error within a bin counts as miscalibration. "
    "Depends on the binning (10 bins of equal width). The interval accounts for this bias."
)
"""Source: Kumar, Liang and Ma, Verified Uncertainty Calibration, NeurIPS (2019)."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of a reliability diagram: the `n` cases scored from `low` to `high`.

    `mean` is their mean score, `share` the fraction that is positive and `interval` its 95 % interval, computed by
    `method`; None where the bin holds a single patient.
    """

    low: float
    high: float
    mean: float
    share: float
    interval: tuple[float, float] | None
    n: int
    method: str = ""


def reliability(
    scored: BinaryScores, bins: int = ECE_BINS, *, resamples: int = 1000, seed: int = 0
) -> list[ReliabilityBin]:
    """Return equal-width bins by increasing score, without the empty ones.

    Raises:
        InvalidInput: scores that are not probabilities, or no bins.
    """
    if bins < 1 or not is_probability(scored.scores):
        raise InvalidInput(
            f"A reliability diagram with {bins} bins needs probabilities from 0 to 1 and at least one bin; calibrate "
            "the scores first, or use 10 bins."
        )
    patients, bin_of_case = len(scored.patients), bin_index(scored.scores, bins)
    cell = bin_of_case * patients + scored.owner
    sizes, events, total = (
        np.bincount(cell, weights=weight, minlength=bins * patients).reshape(bins, patients)
        for weight in (None, scored.truth.astype(np.float64), scored.scores)
    )
    resampled = resampled_sums(np.vstack([sizes, events]).astype(np.float64), resamples=resamples, seed=seed)
    shares = divide(resampled[bins:], resampled[:bins])
    rows = zip(sizes.astype(np.float64), events.sum(axis=1), total.sum(axis=1), shares, strict=True)
    return [_bin(k, bins, *row, single=scored.single) for k, row in enumerate(rows) if row[0].any()]


def brier_score(probabilities: Floats, truth: Bools) -> float:
    """Return the Brier score, the mean squared error of the probability; 0 is best.

    Source: Brier, Monthly Weather Review 78 (1950) 1–3.

    >>> brier_score(np.array([0.5, 1.0]), np.array([False, True]))
    0.125
    """
    return float(np.mean((probabilities - truth) ** 2))


def bin_index(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """Return the equal-width bin of each probability (n,); 1 falls into the last bin."""
    return np.minimum((probabilities * bins).astype(np.intp), bins - 1)


def expected_calibration_error(probabilities: Floats, truth: Bools, *, bins: int = ECE_BINS) -> float:
    """Return the mean over equal-width bins of |mean probability − fraction positive|, weighted by cases.

    Source: Naeini, Cooper and Hauskrecht, AAAI (2015).
    """
    gaps = np.bincount(bin_index(probabilities, bins), weights=probabilities - truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def net_benefit(probabilities: Floats, truth: Bools, *, threshold: float) -> float:
    """Return the net benefit per case at a threshold, 0 ≤ threshold < 1: true positives − odds × false positives.

    Source: Vickers and Elkin, Medical Decision Making 26 (2006). For "treat all", pass probabilities of 1.
    """
    called = probabilities >= threshold
    odds = threshold / (1 - threshold)
    return float(((called & truth).sum() - odds * (called & ~truth).sum()) / len(truth))


def _bin(
    k: int, bins: int, sizes: Floats, events: float, total: float, resampled_shares: Floats, *, single: bool
) -> ReliabilityBin:
    n, carriers = int(sizes.sum()), int((sizes > 0).sum())
    share = float(events / n)
    if single:
        return ReliabilityBin(k / bins, (k + 1) / bins, float(total / n), share, wilson(float(events), n), n, WILSON)
    bounds = bootstrap_interval(share, resampled_shares, carriers=carriers, effective=effective_n(sizes))
    method = interval_method(share, resampled_shares, carriers=carriers) if bounds else ""
    return ReliabilityBin(k / bins, (k + 1) / bins, float(total / n), share, bounds, n, method)
