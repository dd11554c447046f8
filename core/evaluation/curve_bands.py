"""Pointwise 95 % bands of ROC and precision–recall curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts
from core.evaluation.confidence_intervals import percentile_interval
from core.evaluation.estimate import PatientIndex, patient_counts
from core.evaluation.metrics import Floats

PLACES = np.linspace(0.02, 0.98, 97)  # at the ends a curve depends on a single case, which resampling cannot vary
Heights = Callable[[Floats, Floats], Floats]
"""From cumulative true and false positives (k,) by decreasing score to the curve's height at PLACES, or NaN."""


@dataclass(frozen=True, slots=True)
class Band:
    """Bounds of a curve's height at each x. Pointwise: 95 % holds at each x, not for the whole curve."""

    x: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def along(self, x: Sequence[float]) -> dict[str, list[float | None]]:
        """Return the bounds "low" and "high" at other x, linearly interpolated; None outside the band."""
        if not self.x:
            return {"low": [None] * len(x), "high": [None] * len(x)}
        parts = {"low": self.low, "high": self.high}
        return {
            name: [None if np.isnan(y) else float(y) for y in np.interp(x, self.x, part, np.nan, np.nan)]
            for name, part in parts.items()
        }


def roc_band(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> Band:
    """Return the band of the sensitivity at each 1 − specificity.

    Empty where a class is absent or has a single patient.

    Source: Fawcett, Pattern Recognition Letters 27 (2006) 861–874 (vertical averaging), on resamples of whole patients.
    """
    owners = PatientIndex(scored.owner, len(scored.patients))
    sides = [patient_counts(owners.sizes(side)) for side in (scored.truth, ~scored.truth)]
    carriers, effective = (min(one) for one in zip(*sides, strict=True))
    return _band(scored, _sensitivity, [(int(carriers), effective)] * len(PLACES), resamples=resamples, seed=seed)


def precision_band(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> Band:
    """Return the band of the precision where the recall first reaches each x; empty in the same cases as `roc_band`."""
    owners = PatientIndex(scored.owner, len(scored.patients))
    falling = np.sort(scored.scores[scored.truth])[::-1]
    thresholds = falling[_first(PLACES, np.arange(1.0, len(falling) + 1))] if len(falling) else PLACES
    counts = [patient_counts(owners.sizes(scored.scores >= one)) for one in thresholds]
    return _band(scored, _precision, counts, resamples=resamples, seed=seed)


def _sensitivity(true_positives: Floats, false_positives: Floats) -> Floats:
    if not true_positives[-1] or not false_positives[-1]:
        return np.full(len(PLACES), np.nan)
    return np.asarray(np.interp(PLACES, false_positives / false_positives[-1], true_positives / true_positives[-1]))


def _precision(true_positives: Floats, false_positives: Floats) -> Floats:
    if not true_positives[-1]:
        return np.full(len(PLACES), np.nan)
    index = _first(PLACES, true_positives)
    return np.asarray(true_positives[index] / (true_positives[index] + false_positives[index]))


def _first(shares: Floats, rising: Floats) -> NDArray[np.intp]:
    """Return the index at which each share of the total is first reached, up to rounding."""
    return np.asarray(np.searchsorted(rising, shares * rising[-1] * (1 - 1e-12)))


def _band(
    scored: BinaryScores, heights: Heights, carrying: Sequence[tuple[int, float]], *, resamples: int, seed: int
) -> Band:
    """Return the band; `carrying` gives the number of patients and the effective n at each place."""
    if scored.truth.all() or not scored.truth.any():
        return Band()
    height_on = _height_function(scored, heights)
    blocks = resample_counts(len(scored.patients), resamples=resamples, seed=seed)
    draws = np.array([height_on(row) for block in blocks for row in block.T]).T
    values = height_on(np.ones(len(scored.patients)))
    intervals = [
        percentile_interval(float(value), drawn, carriers=carriers, effective=effective)
        for value, drawn, (carriers, effective) in zip(values, draws, carrying, strict=True)
    ]
    points = [(at, *bounds) for at, bounds in zip(PLACES.tolist(), intervals, strict=True) if bounds]
    return Band(*zip(*points, strict=True)) if points else Band()


def _height_function(scored: BinaryScores, heights: Heights) -> Callable[[Floats], Floats]:
    """Return the function from counts of drawn patients (patients,) to the curve's heights."""
    order = np.argsort(-scored.scores, kind="stable")
    last_of_score = np.flatnonzero(np.append(np.diff(scored.scores[order]) != 0, True))
    owner, truth = scored.owner[order], scored.truth[order]

    def height(row: Floats) -> Floats:
        cases = row.take(owner)
        true_positives, predicted = (
            np.append(0.0, np.cumsum(part).take(last_of_score)) for part in (cases * truth, cases)
        )
        return heights(true_positives, predicted - true_positives)

    return height
