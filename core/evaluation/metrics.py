"""Numbers of a binary decision or score on images, each counted once. NaN-free: undefined is None."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """True and false positives and negatives: one array of zeros and ones each (images,), or their sums."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats

    @classmethod
    def of(cls, called: Bools, truth: Bools) -> "Outcomes":
        """From what was called positive and what is, both (images,)."""
        cells = (called & truth, called & ~truth, ~called & ~truth, ~called & truth)
        return cls(*(cell.astype(np.float64) for cell in cells))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A proportion of images: what is counted, among what, and the sentence where there is nothing to count among."""

    counted: Callable[[Outcomes], Floats]
    among: Callable[[Outcomes], Floats]
    undefined: str


RATIOS: dict[str, Ratio] = {
    "accuracy": Ratio(lambda o: o.tp + o.tn, lambda o: o.tp + o.fp + o.tn + o.fn, "there is no image"),
    "sensitivity": Ratio(lambda o: o.tp, lambda o: o.tp + o.fn, "no image here is {name}"),
    "specificity": Ratio(lambda o: o.tn, lambda o: o.tn + o.fp, "every image here is {name}"),
    "ppv": Ratio(lambda o: o.tp, lambda o: o.tp + o.fp, "no image was called {name}"),
    "npv": Ratio(lambda o: o.tn, lambda o: o.tn + o.fn, "every image was called {name}"),
    "f1": Ratio(lambda o: 2 * o.tp, lambda o: 2 * o.tp + o.fp + o.fn, "no image is or was called {name}"),
}


def auroc(scores: Floats, truth: Bools) -> float | None:
    """Chance that a positive image scores above a negative one, ties half; None where one class is absent."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    wins = midranks(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties at their mean, (n,)."""
    ordered = np.sort(values)
    below, upto = np.searchsorted(ordered, values, side="left"), np.searchsorted(ordered, values, side="right")
    ranks: Floats = (below + upto + 1) / 2
    return ranks


def confusion_matrix(called: NDArray[np.intp], truth: NDArray[np.intp], *, classes: int) -> list[list[int]]:
    """Images by true class (row) and called class (column)."""
    flat = np.bincount(truth * classes + called, minlength=classes * classes)
    table: list[list[int]] = flat.reshape(classes, classes).tolist()
    return table
