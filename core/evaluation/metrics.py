"""Metrics of binary predictions or scores with each case counted once. Undefined values are None, never NaN."""

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation.bootstrap import divide
from core.evaluation.metric_value import BETTER, SAME, UNCLEAR, WORSE, MetricValue

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cell = Literal["tp", "fp", "tn", "fn"]
Basis = Literal["scores", "threshold", "ordered classes"]
Prevalence = Literal["independent", "derived", "split"]


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

    def total(self, cells: tuple[Cell, ...]) -> Floats:
        """Return the sum of some cells."""
        counts: list[Floats] = [getattr(self, cell) for cell in cells]
        return reduce(np.add, counts)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A fraction of cases: the cells of its numerator and denominator, and the reason where the denominator is 0.

    A cell that is named twice counts twice, as in F1.
    """

    numerator: tuple[Cell, ...]
    denominator: tuple[Cell, ...]
    undefined: str

    @property
    def proportion(self) -> bool:
        """True for a plain proportion of cases."""
        return len(set(self.denominator)) == len(self.denominator)

    @property
    def prevalence(self) -> Prevalence:
        """How the ratio depends on the prevalence, by its cells: those of one class, of one prediction, or others."""
        cells = {*self.numerator, *self.denominator}
        if cells in ({"tp", "fn"}, {"tn", "fp"}):
            return "independent"
        is_share = len(self.numerator) == 1 and len(self.denominator) == 2
        return "derived" if is_share and cells in ({"tp", "fp"}, {"tn", "fn"}) else "split"

    def value(self, outcomes: Outcomes) -> Floats:
        """Return the ratio, NaN where its denominator is 0."""
        return divide(outcomes.total(self.numerator), self.among(outcomes))

    def among(self, outcomes: Outcomes) -> Floats:
        """Return the denominator."""
        return outcomes.total(self.denominator)

    def cases(self, outcomes: Outcomes) -> Floats:
        """Return the number of cases behind the ratio, each once."""
        return outcomes.total(tuple(dict.fromkeys(self.denominator)))


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric: its title, what it is computed from, and how it is read.

    `prevalence` says what happens to it at a stated prevalence. "independent": nothing, it does not depend on it;
    "derived": it follows from sensitivity and specificity; "split": it stays that of the split.

    Raises:
        ValueError: `prevalence` contradicts the ratio.
    """

    title: str
    basis: Basis
    prevalence: Prevalence
    ratio: Ratio | None = None
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        """Check that a ratio's prevalence is that of its cells, and that only a ratio is derived."""
        possible = (self.ratio.prevalence,) if self.ratio else ("independent", "split")
        if self.prevalence not in possible:
            raise ValueError(f"{self.title}: the prevalence is '{self.prevalence}'; write {' or '.join(possible)}.")


METRICS: dict[str, MetricEntry] = {
    "auroc": MetricEntry("AUROC", "scores", "independent"),
    "average_precision": MetricEntry("Average precision", "scores", "split"),
    "accuracy": MetricEntry(
        "Accuracy", "threshold", "split", Ratio(("tp", "tn"), ("tp", "fp", "tn", "fn"), "no cases")
    ),
    "balanced_accuracy": MetricEntry("Balanced accuracy", "threshold", "independent"),
    "sensitivity": MetricEntry(
        "Sensitivity", "threshold", "independent", Ratio(("tp",), ("tp", "fn"), "no case is {name}")
    ),
    "specificity": MetricEntry(
        "Specificity", "threshold", "independent", Ratio(("tn",), ("tn", "fp"), "every case is {name}")
    ),
    "ppv": MetricEntry("PPV", "threshold", "derived", Ratio(("tp",), ("tp", "fp"), "no case was predicted {name}")),
    "npv": MetricEntry("NPV", "threshold", "derived", Ratio(("tn",), ("tn", "fn"), "every case was predicted {name}")),
    "f1": MetricEntry(
        "F1",
        "threshold",
        "split",
        Ratio(("tp", "tp"), ("tp", "tp", "fp", "fn"), "no case is, or was predicted, {name}"),
    ),
    "mcc": MetricEntry("MCC", "threshold", "split"),
    "kappa": MetricEntry("Kappa", "threshold", "split"),
    "brier": MetricEntry("Brier score", "scores", "split", higher_is_better=False),
    "ece": MetricEntry("ECE", "scores", "split", higher_is_better=False),
    "weighted_kappa": MetricEntry("Weighted kappa", "ordered classes", "split"),
    "mean_distance": MetricEntry("Mean distance", "ordered classes", "split", higher_is_better=False),
}
"""Every metric of a classification, in the order of tables, JSON and CSV files."""

ORDER = tuple(key for key, metric in METRICS.items() if metric.basis != "ordered classes")
THRESHOLD_METRICS = tuple(key for key, metric in METRICS.items() if metric.basis == "threshold")
RATIOS = {key: metric.ratio for key, metric in METRICS.items() if metric.ratio}
PREDICTIVE_VALUES = tuple(key for key, metric in METRICS.items() if metric.prevalence == "derived")


def auroc(scores: Floats, truth: Bools) -> float | None:
    """Return the probability that a positive case scores above a negative one, ties half.

    None where a class is absent.

    >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    wins = midranks(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def midranks(values: Floats) -> Floats:
    """Return the ranks from 1 (n,), ties at their mean.

    >>> midranks(np.array([10.0, 20.0, 20.0, 30.0])).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    order = np.argsort(values, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(values[order]) != 0)) if len(values) else np.empty(0, np.intp)
    last = np.append(first[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((first + last + 1) / 2, last - first)
    return ranks


def confusion_matrix(called: NDArray[np.intp], truth: NDArray[np.intp], *, classes: int) -> list[list[int]]:
    """Return the counts of cases by reference class (row) and predicted class (column).

    >>> confusion_matrix(np.array([1, 0, 1]), np.array([1, 0, 0]), classes=2)
    [[1, 1], [0, 1]]
    """
    flat = np.bincount(truth * classes + called, minlength=classes * classes)
    table: list[list[int]] = flat.reshape(classes, classes).tolist()
    return table


HIGHER_IS_BETTER = {key: metric.higher_is_better for key, metric in METRICS.items()} | {
    "r2": True,
    "mae": False,
    "mse": False,
    "rmse": False,
}
"""Whether more is better, of each metric of classes and of numbers that is compared."""


def change(metric: str, difference: MetricValue) -> str:
    """Return how the run compares with the baseline, of a difference run − baseline; "" if it is undefined.

    It is better or worse only where the 95 % interval leaves out 0.

    >>> change("brier", MetricValue(-0.1, -0.2, -0.05, 60)), change("auroc", MetricValue(0.1, -0.1, 0.3, 60))
    ('better', 'no clear difference')
    """
    value, low, high = difference.value, difference.ci_low, difference.ci_high
    if value is None:
        return ""
    if value == 0 and low is None:
        return SAME
    if low is None or high is None or low <= 0 <= high:
        return UNCLEAR
    return BETTER if (value > 0) is HIGHER_IS_BETTER[metric] else WORSE
