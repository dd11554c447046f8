"""Which given labels are likely wrong, by what a model says that has not seen the case (Northcutt et al. 2021).

A model that never saw a patient says how probable each class is; where another class than the given one is as probable
as that class usually is where it was given, the label is suspected (confident learning, JAIR 70, 1373–1411). But where
a model fails, in a subgroup or altogether, it suspects rightly labelled cases by the dozen. So what it says is judged a
second time, by a logistic regression that has not seen the patient either, on what else is known: the facts of the
case, how far the model can be believed where they hold, and what the same patient's other cases are called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
LEAST, MOST = 2, 20  # values that a fact may have, to divide cases into subgroups
FLOOR = 1e-3  # probabilities are kept from 0 and 1, whose logarithms are endless
RARE = 10  # cases that a value needs, to be a subgroup of its own


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Of each case (n,): how suspect its label is from 0 to 1 (the probability of it being another), the class that is
    most probable, and whether the picture alone calls it an error (`by_picture`)."""

    wrong: Floats
    likely: Ints
    by_picture: NDArray[np.bool_]

    @property
    def order(self) -> Ints:
        """Most suspect first."""
        return np.argsort(-self.wrong, kind="stable")


def suspicion(
    said: Floats, labels: Ints, patients: Sequence[str], folds: Ints, facts: Mapping[str, Sequence[str]] | None = None
) -> Suspicion:
    """`said` (n, classes) out-of-fold probabilities, `labels` (n,) as given, `folds` (n,) by patient; facts by name."""
    judged = second_look(said, labels, patients, folds, facts or {})
    rows = np.arange(len(labels))
    others = judged.copy()
    others[rows, labels] = -1
    return Suspicion(1 - judged[rows, labels], others.argmax(axis=1), confident(said, labels))


def confident(said: Floats, labels: Ints) -> NDArray[np.bool_]:
    """Whether another class reaches its threshold: the mean of what is said of it where it is the given label."""
    classes = said.shape[1]
    limits = np.array([said[labels == one, one].mean() if (labels == one).any() else np.inf for one in range(classes)])
    reached = np.where(said >= limits, said, -1.0)
    return np.asarray((reached.max(axis=1) >= 0) & (reached.argmax(axis=1) != labels))


def second_look(
    said: Floats, labels: Ints, patients: Sequence[str], folds: Ints, facts: Mapping[str, Sequence[str]]
) -> Floats:
    """Probabilities (n, classes) by all that is known but the case's own label; as said where a fold lacks a class."""
    from sklearn.linear_model import LogisticRegression

    known, judged = _known(said, labels, patients, facts), said.copy()
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        if len(np.unique(labels[rest])) < said.shape[1]:
            continue
        middle, spread = known[rest].mean(axis=0), known[rest].std(axis=0) + 1e-9
        fitted = LogisticRegression(C=0.1, max_iter=1000).fit((known[rest] - middle) / spread, labels[rest])
        judged[held] = fitted.predict_proba((known[held] - middle) / spread)
    return judged


def _known(said: Floats, labels: Ints, patients: Sequence[str], facts: Mapping[str, Sequence[str]]) -> Floats:
    """What the model says, by subgroup, and of the same patient's other cases what it says and what they are called."""
    logits = np.log(said.clip(FLOOR, 1)) - np.log(said.clip(FLOOR, 1)).mean(axis=1, keepdims=True)
    groups = [column for name in facts for column in _columns(facts[name])]
    within = [group[:, None] * np.column_stack([logits, np.ones(len(labels))]) for group in groups]
    given = np.eye(said.shape[1])[labels]
    owner = np.unique(np.asarray(patients), return_inverse=True)[1]
    return np.column_stack([logits, *within, _others(logits, owner), _others(given, owner)])


def _columns(values: Sequence[str]) -> list[Floats]:
    """One for each value that enough cases have."""
    names, counts = np.unique(np.asarray(values), return_counts=True)
    if not LEAST <= len(names) <= MOST:
        return []
    return [(np.asarray(values) == name).astype(np.float64) for name, count in zip(names, counts, strict=True)
            if RARE <= count < len(values)]  # fmt: skip


def _others(columns: Floats, owner: Ints) -> Floats:
    """The mean over the patient's other cases, less the mean of all, times how sure it is; 0 where there are none."""
    centred = columns - columns.mean(axis=0)
    sums = np.zeros((owner.max() + 1, columns.shape[1]))
    np.add.at(sums, owner, centred)
    count = np.bincount(owner)[owner][:, None] - 1.0
    return np.asarray((sums[owner] - centred) / (count + 1.0))
