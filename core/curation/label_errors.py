"""Which given labels are likely wrong, by what a model says that has not seen the case (Northcutt et al. 2021).

A model that never saw a patient says how probable each class is; where another class than the given one is as probable
as that class usually is where it was given, the label is suspected (confident learning, JAIR 70, 1373–1411). But where
a model fails, in a subgroup or altogether, it suspects rightly labelled cases by the dozen. So what it says is judged a
second time on what else is known, by what was learned of other patients: how far the picture can be believed where the
facts of the case hold (logistic regression), then what the same patient's other cases are called and look like
(`patient_types`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.latent_classes import LatentClassModel

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
LEAST, MOST = 2, 20  # values that a fact may have, to divide cases into subgroups
LEAST_SAID, FLOOR = 1e-7, 1e-3  # probabilities are kept from 0, whose logarithm is endless: as said, and as levelled
SAME = 1e-3  # a spread of log-probabilities below which there is nothing to stretch
RARE = 10  # cases that a value needs, to be a subgroup of its own


@dataclass(frozen=True, slots=True)
class LabelErrorScores:
    """Of each case (n,): the probability that its label is wrong, the class that is most probable in its stead, how
    probable the given one is by the picture alone, and whether that calls it an error."""

    wrong: Floats
    likely: Ints
    given: Floats
    by_picture: NDArray[np.bool_]

    @property
    def order(self) -> Ints:
        """Most suspect first."""
        return np.argsort(-self.wrong, kind="stable")


def score_label_errors(
    told: Floats, labels: Ints, patients: Sequence[str], folds: Ints, facts: Mapping[str, Sequence[str]] | None = None
) -> LabelErrorScores:
    """`told` (times, n, classes) out-of-fold probabilities by `folds` (times, n) of whole patients, `labels` (n,) as
    given; facts by name."""
    said = combine_trainings(told, folds)
    judged = rescore_with_patient(said, labels, patients, folds[0], facts or {})
    rows = np.arange(len(labels))
    others = judged.copy()
    others[rows, labels] = -1
    return LabelErrorScores(
        1 - judged[rows, labels], others.argmax(axis=1), said[rows, labels], confident_errors(said, labels)
    )


def combine_trainings(told: Floats, folds: Ints) -> Floats:
    """What several trainings (times, n, classes) say together, (n, classes), each by its own `folds` (times, n).

    The mean of their log-probabilities once each is `levelled`.

    One training alone is sure of some cases by chance: other pictures or another order make it sure of others.
    """
    return _shares(np.mean([np.log(calibrate_total(*one)) for one in zip(told, folds, strict=True)], axis=0))


def calibrate_total(said: Floats, folds: Ints) -> Floats:
    """Probabilities on one scale: what a fold's model says is moved and stretched to the middle and spread of all.

    Two trainings on nearly the same cases rank alike and are sure of themselves to very different degrees, so that
    without it the most suspect cases are those of the least sure model. Medians and quartiles of log-probabilities.
    """
    logs = np.log(said.clip(LEAST_SAID, 1))
    logs -= logs.mean(axis=1, keepdims=True)
    quartiles = {int(one): np.quantile(logs[folds == one], (0.25, 0.5, 0.75), axis=0) for one in np.unique(folds)}
    middle = np.median([one[1] for one in quartiles.values()], axis=0)
    spread = np.median([one[2] - one[0] for one in quartiles.values()], axis=0)
    for fold, (low, own, high) in quartiles.items():
        stretch = np.where(high - low > SAME, spread / np.maximum(high - low, SAME), 1.0)
        logs[folds == fold] = (logs[folds == fold] - own) * stretch + middle
    return _shares(logs)


def _shares(logs: Floats) -> Floats:
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def confident_errors(said: Floats, labels: Ints) -> NDArray[np.bool_]:
    """Whether another class reaches its threshold: the mean of what is said of it where it is the given label."""
    classes = said.shape[1]
    limits = np.array([said[labels == one, one].mean() if (labels == one).any() else np.inf for one in range(classes)])
    reached = np.where(said >= limits, said, -1.0)
    return np.asarray((reached.max(axis=1) >= 0) & (reached.argmax(axis=1) != labels))


def rescore_with_patient(
    said: Floats, labels: Ints, patients: Sequence[str], folds: Ints, facts: Mapping[str, Sequence[str]]
) -> Floats:
    """Probabilities (n, classes) of the true one by all that is known, learned of the patients of other folds.

    What the pictures' models say of those others has learned from this fold too: it decides how far they are believed.
    """
    groups = [column for name in facts for column in _columns(facts[name])]
    logits = _logits(said)
    within = [group[:, None] * np.column_stack([logits, np.ones(len(labels))]) for group in groups]
    here, owner = np.column_stack([logits, *within]), np.unique(np.asarray(patients), return_inverse=True)[1]
    judged = said.copy()
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        believed = said.copy()
        believed[rest] = _out_of_fold(here[rest], said[rest], labels[rest], folds[rest])
        believed[held] = _told(here, labels, rest, held, said)
        believed = believed.clip(FLOOR, 1)
        # by what is believed on average, not by how often a class was given: one nobody was given is no surprise
        likely = believed / believed[rest].mean(axis=0)
        types = LatentClassModel.fit(likely[rest], labels[rest], owner[rest])
        judged[held] = types.true(likely[held], labels[held], owner[held])
    return judged


def _out_of_fold(known: Floats, said: Floats, labels: Ints, folds: Ints) -> Floats:
    judged = said.copy()
    for fold in np.unique(folds):
        judged[folds == fold] = _told(known, labels, folds != fold, folds == fold, said)
    return judged


def _told(known: Floats, labels: Ints, rest: NDArray[np.bool_], held: NDArray[np.bool_], said: Floats) -> Floats:
    """What is said of some rows once the rest was seen; what was said of them already where that lacks a class."""
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels[rest])) < said.shape[1]:
        return np.asarray(said[held])
    middle, spread = known[rest].mean(axis=0), known[rest].std(axis=0) + 1e-9
    fitted = LogisticRegression(C=0.1, max_iter=1000).fit((known[rest] - middle) / spread, labels[rest])
    return np.asarray(fitted.predict_proba((known[held] - middle) / spread))


def _logits(said: Floats) -> Floats:
    """Log-probabilities less their mean over the classes; of two classes one column says all."""
    logs = np.log(said.clip(FLOOR, 1))
    centred = logs - logs.mean(axis=1, keepdims=True)
    return np.asarray(centred[:, 1:] if said.shape[1] == 2 else centred)


def _columns(values: Sequence[str]) -> list[Floats]:
    """One for each value that enough cases have."""
    names, counts = np.unique(np.asarray(values), return_counts=True)
    if not LEAST <= len(names) <= MOST:
        return []
    return [
        (np.asarray(values) == name).astype(np.float64)
        for name, count in zip(names, counts, strict=True)
        if RARE <= count < len(values)
    ]
