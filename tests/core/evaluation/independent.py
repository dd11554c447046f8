"""Every metric by an independent formula, for all tests that recompute one. A new metric needs one row in FORMULAS."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from sklearn import metrics as sk

from core.evaluation.metrics import PREDICTIVE_VALUES


def every_case(y, c):
    return (np.ones(len(y), dtype=bool),)


@dataclass(frozen=True)
class Formula:
    """A metric of truth y, scores s and predictions c (n,), each case with a weight w (n,).

    `among` are the cases it is about: a mask (n,), or one of each class where it compares two.
    """

    value: Callable[..., float]
    among: Callable[..., tuple[np.ndarray, ...]] = every_case


def bin_gaps(truth, scores):
    """Of each of ten bins the mean probability less the share true, times its share of the cases."""
    bins = np.minimum(np.floor(scores * 10), 9)
    present = [bins == one for one in range(10)]
    return [(scores[one].mean() - truth[one].mean()) * one.mean() if one.any() else 0 for one in present]


FORMULAS = {
    "auroc": Formula(lambda y, s, c, w: sk.roc_auc_score(y, s), lambda y, c: (y, ~y)),
    "average_precision": Formula(lambda y, s, c, w: sk.average_precision_score(y, s), lambda y, c: (y,)),
    "accuracy": Formula(lambda y, s, c, w: sk.accuracy_score(y, c)),
    "balanced_accuracy": Formula(lambda y, s, c, w: sk.balanced_accuracy_score(y, c), lambda y, c: (y, ~y)),
    "sensitivity": Formula(lambda y, s, c, w: sk.recall_score(y, c), lambda y, c: (y,)),
    "specificity": Formula(lambda y, s, c, w: sk.recall_score(~y, ~c), lambda y, c: (~y,)),
    "ppv": Formula(lambda y, s, c, w: sk.precision_score(y, c, sample_weight=w), lambda y, c: (c,)),
    "npv": Formula(lambda y, s, c, w: sk.precision_score(~y, ~c, sample_weight=w), lambda y, c: (~c,)),
    "f1": Formula(lambda y, s, c, w: sk.f1_score(y, c), lambda y, c: (y | c,)),
    "mcc": Formula(lambda y, s, c, w: sk.matthews_corrcoef(y, c)),
    "kappa": Formula(lambda y, s, c, w: sk.cohen_kappa_score(y, c)),
    "brier": Formula(lambda y, s, c, w: sk.brier_score_loss(y, s)),
    "ece": Formula(lambda y, s, c, w: sum(map(abs, bin_gaps(y, s)))),
}


def formula(name: str) -> Formula:
    assert name in FORMULAS, f"Add a row '{name}' to FORMULAS in tests/core/evaluation/independent.py."
    return FORMULAS[name]


def recomputed(names: Iterable[str], truth, scores, called, prevalence: float | None = None) -> dict[str, float]:
    """Return metrics by name; predictive values with the cases weighted to a prevalence, where one is given."""
    y, s, c = np.asarray(truth, dtype=bool), np.asarray(scores), np.asarray(called, dtype=bool)
    weights = None if prevalence is None else np.where(y, prevalence / y.mean(), (1 - prevalence) / (1 - y.mean()))
    return {name: formula(name).value(y, s, c, weights if name in PREDICTIVE_VALUES else None) for name in names}
