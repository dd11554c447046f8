"""Metrics of binary predictions or scores with each case counted once. Undefined values are None, never NaN."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """True and false positives and negatives: indicator arrays (n,), or their sums."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats

    @classmethod
    def of(cls, called: Bools, truth: Bools) -> "Outcomes":
        """Build from predicted and reference positives (n,)."""
        cells = (called & truth, called & ~truth, ~called & ~truth, ~called & truth)
        return cls(*(cell.astype(np.float64) for cell in cells))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A fraction of cases: its numerator, its denominator, and the reason where the denominator is 0.

    `weighed` counts the cases behind the ratio where they have different weights, as in F1; None for a proportion.
    """

    counted: Callable[[Outcomes], Floats]
    among: Callable[[Outcomes], Floats]
    undefined: str
    weighed: Callable[[Outcomes], Floats] | None = None

    @property
    def proportion(self) -> bool:
        """True for a plain proportion of cases."""
        return self.weighed is None

    def about(self, outcomes: Outcomes) -> Floats:
        """Return the number of cases behind the ratio."""
        return (self.weighed or self.among)(outcomes)


RATIOS: dict[str, Ratio] = {
    "accuracy": Ratio(lambda o: o.tp + o.tn, lambda o: o.tp + o.fp + o.tn + o.fn, "no cases"),
    "sensitivity": Ratio(lambda o: o.tp, lambda o: o.tp + o.fn, "no case is {name}"),
    "specificity": Ratio(lambda o: o.tn, lambda o: o.tn + o.fp, "every case is {name}"),
    "ppv": Ratio(lambda o: o.tp, lambda o: o.tp + o.fp, "no case was predicted {name}"),
    "npv": Ratio(lambda o: o.tn, lambda o: o.tn + o.fn, "every case was predicted {name}"),
    "f1": Ratio(
        lambda o: 2 * o.tp,
        lambda o: 2 * o.tp + o.fp + o.fn,
        "no case is, or was predicted, {name}",
        lambda o: o.tp + o.fp + o.fn,
    ),
}


def auroc(scores: Floats, truth: Bools) -> float | None:
    """Return the probability that a positive case scores above a negative one, ties half.

    None where a class is absent.
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    wins = midranks(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Return the ranks from 1 (n,), ties at their mean."""
    order = np.argsort(values, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(values[order]) != 0)) if len(values) else np.empty(0, np.intp)
    last = np.append(first[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((first + last + 1) / 2, last - first)
    return ranks


def confusion_matrix(called: NDArray[np.intp], truth: NDArray[np.intp], *, classes: int) -> list[list[int]]:
    """Return the counts of cases by reference class (row) and predicted class (column)."""
    flat = np.bincount(truth * classes + called, minlength=classes * classes)
    table: list[list[int]] = flat.reshape(classes, classes).tolist()
    return table
