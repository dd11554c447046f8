"""Shortcut probe: can a metadata value be predicted from the model's features by cross-validated logistic regression?

Features that encode a value are not yet a shortcut: most features encode something about the acquisition. It is a
shortcut risk where they predict the value well above chance and the value is associated with the label.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.association import Association
from core.evaluation.bootstrap import bootstrap, mean, weighted_auroc
from core.evaluation.confidence_intervals import bootstrap_interval
from core.evaluation.metrics import auroc

Floats = NDArray[np.float64]
FOLDS, RESAMPLES = 5, 200
MAX_COMPONENTS = 64  # principal components of the features
MIN_AUROC, MIN_STRENGTH = 0.6, 0.1  # lower bound of the AUROC and association strength that raise an alarm
MIN_PATIENTS = 5  # patients per value


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result for one metadata column: the AUROC of predicting its value, None where it cannot be computed.

    With several values, it is the mean of each against the rest. `chance` is the accuracy of always answering the most
    common value, `right` that of the probe. `blank` is the AUROC with the features of an untrained network. `p` belongs
    to the association with the label, corrected for the findings it was chosen from but not for the number of columns;
    `alarm` is corrected for both.
    """

    fact: str
    values: dict[str, int]
    auroc: float | None
    low: float | None
    high: float | None
    right: float | None
    chance: float
    blank: float | None
    strength: float
    p: float | None
    alarm: bool
    words: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


Interval = tuple[float, float | None, float | None]  # AUROC and its bounds


def probe(
    fact: str,
    answers: Sequence[str],
    learned: Floats,
    blank: Floats,
    patients: Sequence[str],
    association: Association,
    *,
    tested: int,
    label_name: str,
) -> ProbeResult:
    """Probe one metadata column, from features (n, width) of the trained and of an untrained network.

    `association` is that of the column with the label in training; for several findings the strongest one, with p
    multiplied by their number (see association.strongest_association). `tested` is the number of probed columns, for
    which p is corrected as well (Bonferroni). `label_name` names the label in the verdict. Values of fewer than
    `MIN_PATIENTS` patients are left out.
    """
    names, counts = np.unique(np.asarray(answers), return_counts=True)
    values = dict(sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda value_count: -value_count[1]))
    rows = _common(answers, patients)
    values_of_rows, patients_of_rows = [answers[row] for row in rows], [patients[row] for row in rows]
    probabilities = (
        _out_of_fold_probabilities(learned[rows], values_of_rows, patients_of_rows)
        if len(set(values_of_rows)) > 1
        else None
    )
    interval = (
        _auroc_with_interval(probabilities, values_of_rows, patients_of_rows) if probabilities is not None else None
    )
    untrained = (
        _auroc_with_interval(
            _out_of_fold_probabilities(blank[rows], values_of_rows, patients_of_rows), values_of_rows, patients_of_rows
        )
        if probabilities is not None
        else None
    )
    accuracy = (
        None
        if probabilities is None
        else float((np.unique(values_of_rows)[probabilities.argmax(axis=1)] == np.asarray(values_of_rows)).mean())
    )
    is_associated = association.p is not None and association.p * tested < 0.05 and association.strength >= MIN_STRENGTH
    is_encoded = interval is not None and (interval[1] or 0.0) > MIN_AUROC
    return ProbeResult(
        fact=fact,
        values=values,
        auroc=interval[0] if interval else None,
        low=interval[1] if interval else None,
        high=interval[2] if interval else None,
        right=accuracy,
        chance=max(values.values()) / len(answers),
        blank=untrained[0] if untrained else None,
        strength=association.strength,
        p=association.p,
        alarm=is_encoded and is_associated,
        words=_verdict(
            fact, interval, untrained, association, label_name, is_encoded=is_encoded, is_associated=is_associated
        ),
    )


def _verdict(
    fact: str,
    interval: Interval | None,
    untrained: Interval | None,
    association: Association,
    label_name: str,
    *,
    is_encoded: bool,
    is_associated: bool,
) -> str:
    if interval is None:
        return f"'{fact}' cannot be probed: fewer than two of its values have at least {MIN_PATIENTS} patients."
    spread = f", {interval[1]:.2f} to {interval[2]:.2f}" if interval[1] is not None and interval[2] is not None else ""
    reference = f"; untrained network: {untrained[0]:.2f}" if untrained else ""
    predictable = f"be predicted from the model's features (AUROC {interval[0]:.2f}{spread}{reference})"
    strength = f"({association.name} {association.strength:.2f})"
    if is_encoded and is_associated:
        return f"'{fact}' can {predictable} and is associated with {label_name} {strength}: a possible shortcut."
    if is_encoded:
        return f"'{fact}' can {predictable}, but is not associated with {label_name} {strength}."
    if is_associated:
        return f"'{fact}' is associated with {label_name} {strength}, but can hardly {predictable}."
    return f"'{fact}' can hardly {predictable} and is not associated with {label_name} {strength}."


def _common(answers: Sequence[str], patients: Sequence[str]) -> list[int]:
    """Return the cases whose value occurs in enough patients."""
    owners: dict[str, set[str]] = {}
    for value, patient in zip(answers, patients, strict=True):
        owners.setdefault(value, set()).add(patient)
    return [row for row, value in enumerate(answers) if len(owners[value]) >= MIN_PATIENTS]


def _out_of_fold_probabilities(features: Floats, answers: Sequence[str], patients: Sequence[str]) -> Floats:
    """Return cross-validated probabilities (n, values), columns in sorted order of the values."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    names, labels = np.unique(np.asarray(answers), return_inverse=True)
    probabilities = np.zeros((len(labels), len(names)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold without a value, or not fully converged, is expected
        for train, test in folds.split(features, labels, patients):
            middle, spread = features[train].mean(axis=0), features[train].std(axis=0) + 1e-9
            scaled = [(features[rows] - middle) / spread for rows in (train, test)]
            pca = PCA(min(MAX_COMPONENTS, *scaled[0].shape), svd_solver="full").fit(scaled[0])
            fitted = LogisticRegression(C=1.0, max_iter=500).fit(pca.transform(scaled[0]), labels[train])
            probabilities[np.ix_(test, fitted.classes_)] = fitted.predict_proba(pca.transform(scaled[1]))
    return probabilities


def _auroc_with_interval(shares: Floats, answers: Sequence[str], patients: Sequence[str]) -> Interval:
    """Return the AUROC with its interval over patients."""
    names, labels = np.unique(np.asarray(answers), return_inverse=True)
    owner = np.unique(np.asarray(patients), return_inverse=True)[1]
    positions = [1] if len(names) == 2 else range(len(names))
    value = float(np.mean([auroc(shares[:, position], labels == position) for position in positions]))
    statistic = mean(*[weighted_auroc(shares[:, position], labels == position, owner) for position in positions])
    draws = bootstrap({"auroc": statistic}, patients=int(owner.max()) + 1, resamples=RESAMPLES, seed=0)["auroc"]
    carriers = min(len(set(owner[labels == position].tolist())) for position in range(len(names)))
    spread = bootstrap_interval(value, draws, carriers=carriers)
    return (value, *spread) if spread else (value, None, None)


def alarms_first(results: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Sort by alarm, then by association with the label, then by AUROC."""
    return sorted(results, key=lambda probed: (not probed.alarm, -probed.strength, -(probed.auroc or 0.0), probed.fact))
