"""What a patient's other cases tell of one: patients come in types, and some labels are wrong (a latent class model).

Healthy patients have one class throughout, ill ones mostly another, some change. How many types there are of which
classes, and how often a label is wrong, is learned by expectation and maximisation from what pictures and labels say
together (Lazarsfeld & Henry 1968 for the types; Dawid & Skene 1979, Applied Statistics 28, 20–28, for the labels).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
STEPS = 60
PURE = 0.9  # of a type's own class, to begin with
WRONG, LEAST, MOST = 0.05, 0.005, 0.3  # share of wrong labels: to begin with, and its bounds


@dataclass(frozen=True, slots=True)
class LatentClassModel:
    """`shares` (types,) of the patients, `classes` (types, classes) among the cases of each, `wrong` of the labels."""

    shares: Floats
    classes: Floats
    wrong: float

    @classmethod
    def fit(cls, told: Floats, labels: Ints, patients: Ints) -> "LatentClassModel":
        """`told` (n, classes) how likely each picture is under each class, up to a factor; `patients` by number."""
        count = told.shape[1]
        classes = np.full((count + 1, count), (1 - PURE) / max(count - 1, 1))
        np.fill_diagonal(classes, PURE)
        classes[count] = 1 / count
        types = cls(np.full(count + 1, 1 / (count + 1)), classes, WRONG)
        for _ in range(STEPS):
            types = types._better(told, labels, patients)
        return types

    def true(self, told: Floats, labels: Ints, patients: Ints) -> Floats:
        """Probabilities (n, classes) of each case's true class by its picture, its label and the patient's other cases.

        What is seldom wrong is seldom doubted: a label is weighed by how often labels are wrong at all.
        """
        seen = self._seen(told, labels)
        alone = np.log(seen @ self.classes.T)
        others = self._types(alone, patients, without_own=True) @ self.classes
        return _shares(seen * others)

    def _better(self, told: Floats, labels: Ints, patients: Ints) -> "LatentClassModel":
        """One step of expectation and maximisation; a count of one keeps every type and class possible."""
        seen = self._seen(told, labels)
        alone = seen @ self.classes.T
        known = self._types(np.log(alone), patients, without_own=False)
        whose = known[np.unique(patients, return_index=True)[1]].sum(axis=0) + 1
        counts = self.classes * ((known / alone).T @ seen) + 1 / told.shape[1]
        true = (known / alone) @ self.classes * seen
        wrong = 1 - true[np.arange(len(labels)), labels].mean()
        return LatentClassModel(whose / whose.sum(), _shares(counts), float(np.clip(wrong, LEAST, MOST)))

    def _seen(self, told: Floats, labels: Ints) -> Floats:
        """How likely picture and label are together under each class, (n, classes)."""
        other = self.wrong / max(told.shape[1] - 1, 1)
        said = np.full(told.shape, other)
        said[np.arange(len(labels)), labels] = 1 - self.wrong
        return np.asarray(told * said)

    def _types(self, alone: Floats, patients: Ints, *, without_own: bool) -> Floats:
        """Probabilities (n, types) of the type of each case's patient; `alone` are the cases' log-likelihoods."""
        sums = np.zeros((patients.max() + 1, len(self.shares)))
        np.add.at(sums, patients, alone)
        logs = sums[patients] + np.log(self.shares) - (alone if without_own else 0)
        return _shares(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _shares(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))
