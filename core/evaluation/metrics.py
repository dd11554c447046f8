"""Numbers of a binary decision or score on cases, each counted once. NaN-free: undefined is None."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """True and false positives and negatives: one array of zeros and ones each (n,), or their sums."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats

    @classmethod
    def of(cls, called: Bools, truth: Bools) -> "Outcomes":
        """From what was called positive and what is, both (n,)."""
        cells = (called & truth, called & ~truth, ~called & ~truth, ~called & truth)
        return cls(*(cell.astype(np.float64) for cell in cells))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of cases: what is counted, among what, and the sentence where there is nothing to count among.

    `weighed` counts the cases where they do not all weigh the same in it; None where they do, a proportion.
    """

    counted: Callable[[Outcomes], Floats]
    among: Callable[[Outcomes], Floats]
    undefined: str
    weighed: Callable[[Outcomes], Floats] | None = None

    @property
    def proportion(self) -> bool:
        """Whether it is a plain proportion of cases."""
        return self.weighed is None

    def about(self, outcomes: Outcomes) -> Floats:
        """How many cases it rests on."""
        return (self.weighed or self.among)(outcomes)


RATIOS: dict[str, Ratio] = {
    "accuracy": Ratio(lambda o: o.tp + o.tn, lambda o: o.tp + o.fp + o.tn + o.fn, "there is no case"),
    "sensitivity": Ratio(lambda o: o.tp, lambda o: o.tp + o.fn, "no case here is {name}"),
    "specificity": Ratio(lambda o: o.tn, lambda o: o.tn + o.fp, "every case here is {name}"),
    "ppv": Ratio(lambda o: o.tp, lambda o: o.tp + o.fp, "no case was called {name}"),
    "npv": Ratio(lambda o: o.tn, lambda o: o.tn + o.fn, "every case was called {name}"),
    "f1": Ratio(
        lambda o: 2 * o.tp,
        lambda o: 2 * o.tp + o.fp + o.fn,
        "no case is or was called {name}",
        lambda o: o.tp + o.fp + o.fn,
    ),
}


def auroc(scores: Floats, truth: Bools) -> float | None:
    """Chance that a positive case scores above a negative one, ties half; None where one class is absent."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    wins = midranks(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties at their mean, (n,)."""
    order = np.argsort(values, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(values[order]) != 0)) if len(values) else np.empty(0, np.intp)
    last = np.append(first[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((first + last + 1) / 2, last - first)
    return ranks


def confusion_matrix(called: NDArray[np.intp], truth: NDArray[np.intp], *, classes: int) -> list[list[int]]:
    """Cases by true class (row) and called class (column)."""
    flat = np.bincount(truth * classes + called, minlength=classes * classes)
    table: list[list[int]] = flat.reshape(classes, classes).tolist()
    return table
