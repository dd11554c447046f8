"""How sure a curve is: at places along x the height of a ROC or precision–recall curve, with its 95 % interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resample_counts
from core.evaluation.confidence_intervals import bootstrap_interval
from core.evaluation.estimate import PatientIndex, patient_counts
from core.evaluation.metrics import Floats

PLACES = np.linspace(0.02, 0.98, 97)  # at the very ends a curve hangs on a single case, and resamples cannot tell
Heights = Callable[[Floats, Floats], Floats]
"""Positives and negatives found (k,), by falling score, both from 0 to all: the curve's height at PLACES, or NaN."""


@dataclass(frozen=True, slots=True)
class Band:
    """Bounds of a curve's height at each x. Pointwise: 95 % holds at any one x, not for the whole curve at once."""

    x: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def along(self, x: Sequence[float]) -> dict[str, list[float | None]]:
        """The bounds at other places, by "low" and "high": between ours on a straight line, None beyond them."""
        if not self.x:
            return {"low": [None] * len(x), "high": [None] * len(x)}
        parts = {"low": self.low, "high": self.high}
        return {
            name: [None if np.isnan(one) else float(one) for one in np.interp(x, self.x, part, np.nan, np.nan)]
            for name, part in parts.items()
        }


def roc_band(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> Band:
    """Of the sensitivity at each 1 − specificity; without points where a class is absent or of one patient alone.

    Source: Fawcett, Pattern Recognition Letters 27 (2006) 861–874 (vertical averaging), on resamples of whole patients.
    """
    owners = PatientIndex(scored.owner, len(scored.patients))
    sides = [patient_counts(owners.sizes(side)) for side in (scored.truth, ~scored.truth)]
    carriers, effective = (min(one) for one in zip(*sides, strict=True))
    return _band(scored, _sensitivity, [(int(carriers), effective)] * len(PLACES), resamples=resamples, seed=seed)


def precision_band(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> Band:
    """Of the precision where the recall first reaches each x; without points as `roc_band`."""
    owners = PatientIndex(scored.owner, len(scored.patients))
    falling = np.sort(scored.scores[scored.truth])[::-1]
    reached = falling[_first(PLACES, np.arange(1.0, len(falling) + 1))] if len(falling) else PLACES
    called = [patient_counts(owners.sizes(scored.scores >= one)) for one in reached]
    return _band(scored, _precision, called, resamples=resamples, seed=seed)


def _sensitivity(found: Floats, alarms: Floats) -> Floats:
    if not found[-1] or not alarms[-1]:
        return np.full(len(PLACES), np.nan)
    return np.asarray(np.interp(PLACES, alarms / alarms[-1], found / found[-1]))


def _precision(found: Floats, alarms: Floats) -> Floats:
    if not found[-1]:
        return np.full(len(PLACES), np.nan)
    at = _first(PLACES, found)
    return np.asarray(found[at] / (found[at] + alarms[at]))


def _first(shares: Floats, rising: Floats) -> NDArray[np.intp]:
    """Where each share of the last is reached first, but for rounding."""
    return np.asarray(np.searchsorted(rising, shares * rising[-1] * (1 - 1e-12)))


def _band(
    scored: BinaryScores, heights: Heights, carrying: Sequence[tuple[int, float]], *, resamples: int, seed: int
) -> Band:
    """`carrying`: at each place how many patients carry the height, and their effective n; one alone has no bounds."""
    if scored.truth.all() or not scored.truth.any():
        return Band()
    height = _drawn(scored, heights)
    blocks = resample_counts(len(scored.patients), resamples=resamples, seed=seed)
    draws = np.array([height(row) for block in blocks for row in block.T]).T
    values = height(np.ones(len(scored.patients)))
    found = [
        bootstrap_interval(float(value), drawn, carriers=carriers, effective=effective)
        for value, drawn, (carriers, effective) in zip(values, draws, carrying, strict=True)
    ]
    held = [(at, *bounds) for at, bounds in zip(PLACES.tolist(), found, strict=True) if bounds]
    return Band(*zip(*held, strict=True)) if held else Band()


def _drawn(scored: BinaryScores, heights: Heights) -> Callable[[Floats], Floats]:
    """The curve's heights with every case counted as often as its patient was drawn (patients,)."""
    order = np.argsort(-scored.scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scored.scores[order]) != 0, True))
    owner, truth = scored.owner[order], scored.truth[order]

    def height(row: Floats) -> Floats:
        cases = row.take(owner)
        found, called = (np.append(0.0, np.cumsum(part).take(last)) for part in (cases * truth, cases))
        return heights(found, called - found)

    return height
