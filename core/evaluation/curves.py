"""Points of the ROC and the precision–recall curve, one per distinct score, thinned where a page asks for few."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.metrics import Bools, Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """ROC: x is 1 − specificity, y sensitivity. PR: x is recall, y precision. Without points where undefined.

    An image is called positive where its score is at least the threshold; None: no image is.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float | None, ...]

    def to_json(self) -> dict[str, Any]:
        """Three lists of equal length: x, y, thresholds."""
        return {"x": list(self.x), "y": list(self.y), "thresholds": list(self.thresholds)}

    def thinned(self, points: int) -> "Curve":
        """At most `points` of them, evenly, the ends kept."""
        if len(self.x) <= points:
            return self
        keep = np.unique(np.linspace(0, len(self.x) - 1, points).round().astype(int)).tolist()
        return Curve(*(tuple(part[i] for i in keep) for part in (self.x, self.y, self.thresholds)))


EMPTY = Curve((), (), ())


def roc(scores: Floats, truth: Bools) -> Curve:
    """From (0, 0) to (1, 1), by falling threshold; EMPTY where one class is absent."""
    if truth.all() or not truth.any():
        return EMPTY
    thresholds, found, called = _cumulated(scores, truth)
    x, y = (called - found) / (~truth).sum(), found / truth.sum()
    return Curve((0.0, *x.tolist()), (0.0, *y.tolist()), (None, *thresholds.tolist()))


def precision_recall(scores: Floats, truth: Bools) -> Curve:
    """By falling threshold, recall rising to 1; EMPTY where no image is positive."""
    if not truth.any():
        return EMPTY
    thresholds, found, called = _cumulated(scores, truth)
    return Curve(*(tuple(part.tolist()) for part in (found / truth.sum(), found / called, thresholds)))


def _cumulated(scores: Floats, truth: Bools) -> tuple[Floats, Floats, Floats]:
    """Distinct scores falling, and at each: positives found, images called."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = np.cumsum(truth[order])[last].astype(np.float64)
    return scores[order][last], found, (last + 1).astype(np.float64)
