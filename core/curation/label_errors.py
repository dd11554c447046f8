"""Label error detection by confident learning with out-of-fold predictions (Northcutt et al. 2021), per patient.

A model that has not seen a patient predicts the class probabilities. Where another class than the given one is as
probable as that class usually is where it was given, the label is suspected (confident learning, JAIR 70, 1373–1411).
But where a model fails, in a subgroup or altogether, it suspects many correct labels. The predictions are therefore
rescored with what else is known, learned from other patients: how reliable they are for cases with these metadata
(logistic regression), then the labels and predictions of the patient's other cases (`latent_classes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.curation.latent_classes import LatentClassModel

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
LEAST, MOST = 2, 20  # fewest and most values of a metadata column that defines subgroups
MIN_PROBABILITY, FLOOR = 1e-7, 1e-3  # lower limits before taking logarithms: of raw and of calibrated probabilities
SAME = 1e-3  # spread of log-probabilities below which they are not rescaled
RARE = 10  # fewest cases of a value that forms a subgroup


@dataclass(frozen=True, slots=True)
class LabelErrorScores:
    """Results per case (n,).

    `wrong` is the probability that the label is wrong, `likely` the most probable other class, `given` the probability
    of the given label by the image alone, and `by_picture` whether confident learning alone calls it an error.
    """

    wrong: Floats
    likely: Ints
    given: Floats
    by_picture: NDArray[np.bool_]

    @property
    def order(self) -> Ints:
        """Indices of the cases, most suspect first."""
        return np.argsort(-self.wrong, kind="stable")


def score_label_errors(
    predictions: Floats,
    labels: Ints,
    patients: Sequence[str],
    folds: Ints,
    facts: Mapping[str, Sequence[str]] | None = None,
) -> LabelErrorScores:
    """Score labels (n,) with out-of-fold predictions (trainings, n, classes).

    `folds` (trainings, n) number the folds of whole patients; `facts` are metadata columns by name.
    """
    probabilities = combine_trainings(predictions, folds)
    rescored = rescore_with_patient(probabilities, labels, patients, folds[0], facts or {})
    rows = np.arange(len(labels))
    others = rescored.copy()
    others[rows, labels] = -1
    return LabelErrorScores(
        1 - rescored[rows, labels],
        others.argmax(axis=1),
        probabilities[rows, labels],
        confident_errors(probabilities, labels),
    )


def combine_trainings(predictions: Floats, folds: Ints) -> Floats:
    """Combine the predictions (trainings, n, classes) of several trainings to (n, classes).

    Each training has its own `folds` (trainings, n). Averages the log-probabilities after `calibrate_total`: a single
    training is overconfident in some cases by chance, another order of the images makes it so in others.
    """
    return _softmax(np.mean([np.log(calibrate_total(*one)) for one in zip(predictions, folds, strict=True)], axis=0))


def calibrate_total(probabilities: Floats, folds: Ints) -> Floats:
    """Shift and scale each fold's log-probabilities to the common median and interquartile range.

    Trainings on nearly the same cases rank cases alike but differ in confidence; without this step the most suspect
    cases would be those of the least confident model.
    """
    logs = np.log(probabilities.clip(MIN_PROBABILITY, 1))
    logs -= logs.mean(axis=1, keepdims=True)
    quartiles = {int(fold): np.quantile(logs[folds == fold], (0.25, 0.5, 0.75), axis=0) for fold in np.unique(folds)}
    median = np.median([one[1] for one in quartiles.values()], axis=0)
    spread = np.median([one[2] - one[0] for one in quartiles.values()], axis=0)
    for fold, (low, fold_median, high) in quartiles.items():
        stretch = np.where(high - low > SAME, spread / np.maximum(high - low, SAME), 1.0)
        logs[folds == fold] = (logs[folds == fold] - fold_median) * stretch + median
    return _softmax(logs)


def _softmax(logs: Floats) -> Floats:
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def confident_errors(probabilities: Floats, labels: Ints) -> NDArray[np.bool_]:
    """Return whether another class reaches its threshold: its mean probability where it is the given label."""
    classes = probabilities.shape[1]
    limits = np.array(
        [probabilities[labels == one, one].mean() if (labels == one).any() else np.inf for one in range(classes)]
    )
    above_limit = np.where(probabilities >= limits, probabilities, -1.0)
    return np.asarray((above_limit.max(axis=1) >= 0) & (above_limit.argmax(axis=1) != labels))


def rescore_with_patient(
    probabilities: Floats, labels: Ints, patients: Sequence[str], folds: Ints, facts: Mapping[str, Sequence[str]]
) -> Floats:
    """Return the probabilities (n, classes) of the true class given all information.

    Learned from the patients of other folds. The models that predicted those patients were also trained on this fold,
    which only affects how much they are trusted.
    """
    groups = [column for name in facts for column in _columns(facts[name])]
    logits = _logits(probabilities)
    within = [group[:, None] * np.column_stack([logits, np.ones(len(labels))]) for group in groups]
    features, owner = np.column_stack([logits, *within]), np.unique(np.asarray(patients), return_inverse=True)[1]
    rescored = probabilities.copy()
    for fold in np.unique(folds):
        in_fold, rest = folds == fold, folds != fold
        reliable = probabilities.copy()
        reliable[rest] = _out_of_fold(features[rest], probabilities[rest], labels[rest], folds[rest])
        reliable[in_fold] = _recalibrate(features, labels, rest, in_fold, probabilities)
        reliable = reliable.clip(FLOOR, 1)
        # divided by the mean prediction, not by label frequency: a class that was never given is not surprising
        likely = reliable / reliable[rest].mean(axis=0)
        latent_model = LatentClassModel.fit(likely[rest], labels[rest], owner[rest])
        rescored[in_fold] = latent_model.class_posterior(likely[in_fold], labels[in_fold], owner[in_fold])
    return rescored


def _out_of_fold(features: Floats, probabilities: Floats, labels: Ints, folds: Ints) -> Floats:
    rescored = probabilities.copy()
    for fold in np.unique(folds):
        rescored[folds == fold] = _recalibrate(features, labels, folds != fold, folds == fold, probabilities)
    return rescored


def _recalibrate(
    features: Floats, labels: Ints, train: NDArray[np.bool_], test: NDArray[np.bool_], probabilities: Floats
) -> Floats:
    """Return recalibrated predictions of the test rows, fitted on the train rows.

    They are unchanged where the train rows lack a class.
    """
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels[train])) < probabilities.shape[1]:
        return np.asarray(probabilities[test])
    mean, spread = features[train].mean(axis=0), features[train].std(axis=0) + 1e-9
    fitted = LogisticRegression(C=0.1, max_iter=1000).fit((features[train] - mean) / spread, labels[train])
    return np.asarray(fitted.predict_proba((features[test] - mean) / spread))


def _logits(probabilities: Floats) -> Floats:
    """Return log-probabilities centred over the classes; one column is enough for two classes."""
    logs = np.log(probabilities.clip(FLOOR, 1))
    centred = logs - logs.mean(axis=1, keepdims=True)
    return np.asarray(centred[:, 1:] if probabilities.shape[1] == 2 else centred)


def _columns(values: Sequence[str]) -> list[Floats]:
    """Return one indicator column for each value with enough cases."""
    names, counts = np.unique(np.asarray(values), return_counts=True)
    if not LEAST <= len(names) <= MOST:
        return []
    return [
        (np.asarray(values) == name).astype(np.float64)
        for name, count in zip(names, counts, strict=True)
        if RARE <= count < len(values)
    ]
