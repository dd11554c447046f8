"""ROC and precision–recall curves: one point per distinct score, thinned for display."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.metrics import Bools, Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a curve. ROC: x is 1 − specificity, y sensitivity. PR: x is recall, y precision. Empty where undefined.

    A case is predicted positive where its score is at least the threshold; None stands for no positive prediction.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float | None, ...]

    def to_json(self) -> dict[str, Any]:
        """Return three lists of equal length: x, y, thresholds."""
        return {"x": list(self.x), "y": list(self.y), "thresholds": list(self.thresholds)}

    def thinned(self, points: int) -> "Curve":
        """Return at most `points` evenly spaced points, including both ends."""
        if len(self.x) <= points:
            return self
        indices = np.unique(np.linspace(0, len(self.x) - 1, points).round().astype(int)).tolist()
        return Curve(*(tuple(part[i] for i in indices) for part in (self.x, self.y, self.thresholds)))


EMPTY = Curve((), (), ())


def roc(scores: Floats, truth: Bools) -> Curve:
    """Return the ROC curve from (0, 0) to (1, 1) by decreasing threshold; EMPTY where one class is absent."""
    if truth.all() or not truth.any():
        return EMPTY
    thresholds, true_positives, predicted = _cumulative_counts(scores, truth)
    x, y = (predicted - true_positives) / (~truth).sum(), true_positives / truth.sum()
    return Curve((0.0, *x.tolist()), (0.0, *y.tolist()), (None, *thresholds.tolist()))


def precision_recall(scores: Floats, truth: Bools) -> Curve:
    """Return the precision–recall curve by decreasing threshold; EMPTY without positive cases."""
    if not truth.any():
        return EMPTY
    thresholds, true_positives, predicted = _cumulative_counts(scores, truth)
    return Curve(
        *(tuple(part.tolist()) for part in (true_positives / truth.sum(), true_positives / predicted, thresholds))
    )


def _cumulative_counts(scores: Floats, truth: Bools) -> tuple[Floats, Floats, Floats]:
    """Return the distinct scores in decreasing order, with true positives and predicted positives at each."""
    order = np.argsort(-scores, kind="stable")
    last_of_score = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    true_positives = np.cumsum(truth[order])[last_of_score].astype(np.float64)
    return scores[order][last_of_score], true_positives, (last_of_score + 1).astype(np.float64)
