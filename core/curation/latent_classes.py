"""Latent class model of patients and wrong labels, fitted by expectation maximisation.

Patients belong to latent types: healthy ones have one class throughout, ill ones mostly another, some change. The
types, their class frequencies and the rate of wrong labels are learned from predictions and labels together
(Lazarsfeld & Henry 1968 for the types; Dawid & Skene 1979, Applied Statistics 28, 20–28, for the labels).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
STEPS = 60
PURE = 0.9  # initial frequency of a type's own class
WRONG, LEAST, MOST = 0.05, 0.005, 0.3  # initial rate of wrong labels, and its bounds


@dataclass(frozen=True, slots=True)
class LatentClassModel:
    """Model parameters of patients and labels.

    `shares` (types,) of patients, `classes` (types, classes) frequencies in each type, and the rate of `wrong` labels.
    """

    shares: Floats
    classes: Floats
    wrong: float

    @classmethod
    def fit(cls, likelihood: Floats, labels: Ints, patients: Ints) -> "LatentClassModel":
        """Fit to the likelihood (n, classes) of each image under each class and the patient numbers (n,).

        The likelihood may be scaled by any factor.
        """
        count = likelihood.shape[1]
        classes = np.full((count + 1, count), (1 - PURE) / max(count - 1, 1))
        np.fill_diagonal(classes, PURE)
        classes[count] = 1 / count
        model = cls(np.full(count + 1, 1 / (count + 1)), classes, WRONG)
        for _ in range(STEPS):
            model = model._em_step(likelihood, labels, patients)
        return model

    def class_posterior(self, likelihood: Floats, labels: Ints, patients: Ints) -> Floats:
        """Return the probabilities (n, classes) of the true class given image, label and the patient's other cases.

        Each label is weighted by the overall rate of wrong labels.
        """
        joint = self._joint_likelihood(likelihood, labels)
        log_by_type = np.log(joint @ self.classes.T)
        others = self._types(log_by_type, patients, without_own=True) @ self.classes
        return _normalise(joint * others)

    def _em_step(self, likelihood: Floats, labels: Ints, patients: Ints) -> "LatentClassModel":
        """Return the model after one step of expectation maximisation; a pseudo-count keeps all classes possible."""
        joint = self._joint_likelihood(likelihood, labels)
        by_type = joint @ self.classes.T
        posterior = self._types(np.log(by_type), patients, without_own=False)
        type_counts = posterior[np.unique(patients, return_index=True)[1]].sum(axis=0) + 1
        counts = self.classes * ((posterior / by_type).T @ joint) + 1 / likelihood.shape[1]
        true = (posterior / by_type) @ self.classes * joint
        wrong = 1 - true[np.arange(len(labels)), labels].mean()
        return LatentClassModel(type_counts / type_counts.sum(), _normalise(counts), float(np.clip(wrong, LEAST, MOST)))

    def _joint_likelihood(self, likelihood: Floats, labels: Ints) -> Floats:
        """Return the likelihood of image and label together under each class (n, classes)."""
        other = self.wrong / max(likelihood.shape[1] - 1, 1)
        label_likelihood = np.full(likelihood.shape, other)
        label_likelihood[np.arange(len(labels)), labels] = 1 - self.wrong
        return np.asarray(likelihood * label_likelihood)

    def _types(self, log_by_type: Floats, patients: Ints, *, without_own: bool) -> Floats:
        """Return the probabilities (n, types) of each case's patient type, from log-likelihoods per case and type."""
        sums = np.zeros((patients.max() + 1, len(self.shares)))
        np.add.at(sums, patients, log_by_type)
        logs = sums[patients] + np.log(self.shares) - (log_by_type if without_own else 0)
        return _normalise(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _normalise(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))
