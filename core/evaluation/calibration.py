"""Whether probabilities mean what they say, bin by bin and in one number; `fit` makes them mean it."""

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
    "Biased upwards: what chance leaves in a bin counts as miscalibration, the more the fewer cases; "
    "it also depends on the bins (10 of equal width). Its interval is wide enough for that."
)
"""Source: Kumar, Liang and Ma, Verified Uncertainty Calibration, NeurIPS (2019)."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Of the `n` cases scored from `low` to `high`: their `mean` score and the `share` that is true.

    `interval` bounds the share by 95 %, made by `method`; None where the bin is of a single patient.
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
    """Equal-width bins by rising score, those without a case left out.

    Raises:
        InvalidInput: scores that are no probabilities, or no bin.
    """
    if bins < 1 or not is_probability(scored.scores):
        raise InvalidInput(
            f"Reliability in {bins} bins needs probabilities from 0 to 1 and at least one bin; calibrate the scores "
            "first, or ask for 10 bins."
        )
    patients, at = len(scored.patients), bin_index(scored.scores, bins)
    cell = at * patients + scored.owner
    sizes, events, total = (
        np.bincount(cell, weights=weight, minlength=bins * patients).reshape(bins, patients)
        for weight in (None, scored.truth.astype(np.float64), scored.scores)
    )
    drawn = resampled_sums(np.vstack([sizes, events]).astype(np.float64), resamples=resamples, seed=seed)
    shares = divide(drawn[bins:], drawn[:bins])
    rows = zip(sizes.astype(np.float64), events.sum(axis=1), total.sum(axis=1), shares, strict=True)
    return [_bin(k, bins, *row, single=scored.single) for k, row in enumerate(rows) if row[0].any()]


def brier_score(probabilities: Floats, truth: Bools) -> float:
    """Mean squared distance of the probability from what is; 0 is best. Source: Brier, Mon. Weather Rev. 78 (1950)."""
    return float(np.mean((probabilities - truth) ** 2))


def bin_index(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """The equal-width bin of each (n,); 1 falls in the last."""
    return np.minimum((probabilities * bins).astype(np.intp), bins - 1)


def expected_calibration_error(probabilities: Floats, truth: Bools, *, bins: int = ECE_BINS) -> float:
    """Mean over equal-width bins, by cases, of |mean probability − share positive|.

    Source: Naeini, Cooper and Hauskrecht, AAAI (2015).
    """
    gaps = np.bincount(bin_index(probabilities, bins), weights=probabilities - truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def net_benefit(probabilities: Floats, truth: Bools, *, threshold: float) -> float:
    """True positives less false positives at the threshold's odds, per case. 0 ≤ threshold < 1.

    Source: Vickers and Elkin, Medical Decision Making 26 (2006). Treating everybody: give probabilities of 1.
    """
    called = probabilities >= threshold
    odds = threshold / (1 - threshold)
    return float(((called & truth).sum() - odds * (called & ~truth).sum()) / len(truth))


def _bin(
    k: int, bins: int, sizes: Floats, events: float, total: float, draws: Floats, *, single: bool
) -> ReliabilityBin:
    n, carriers = int(sizes.sum()), int((sizes > 0).sum())
    share = float(events / n)
    if single:
        return ReliabilityBin(k / bins, (k + 1) / bins, float(total / n), share, wilson(float(events), n), n, WILSON)
    bounds = bootstrap_interval(share, draws, carriers=carriers, effective=effective_n(sizes))
    method = interval_method(share, draws, carriers=carriers) if bounds else ""
    return ReliabilityBin(k / bins, (k + 1) / bins, float(total / n), share, bounds, n, method)
