"""Whether a fact can be told from a model's features: a logistic regression that has not seen the patient.

A fact that the features hold need not be a shortcut: any picture's features know something. It is one where they know
it well above chance and it goes with the label, so that to know it pays.
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
WIDEST = 64  # principal components that are kept of the features
WELL, GOES = 0.6, 0.1  # the least AUROC (its lower bound) and the least strength that raise the alarm
FEWEST = 5  # patients that a value needs, to be probed


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One fact. AUROC of telling its values (of several, the mean of each against the rest), None where it cannot be.

    `chance` is the share of cases that the commonest value has: what always answering it gets right; `right` is the
    share that the probe does. `blank` is the AUROC from the features of a network that learned nothing. `p` is that of
    going with the label, corrected for the findings it was chosen among and not yet for the facts; `alarm` is for both.
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
        """Plain values."""
        return asdict(self)


Area = tuple[float, float | None, float | None]  # AUROC and its bounds


def probe(
    fact: str,
    answers: Sequence[str],
    learned: Floats,
    blank: Floats,
    patients: Sequence[str],
    goes: Association,
    *,
    tested: int,
    called: str,
) -> ProbeResult:
    """Of one fact, from features (n, width) as learned and of a network that learned nothing.

    `goes` is how the fact goes with the label in training, of several findings the strongest with its p times their
    number (see association.strongest); `tested` how many facts are looked at, which that p pays for as well
    (Bonferroni), `called` what the label is called. Values of fewer than `FEWEST` patients are left out.
    """
    names, counts = np.unique(np.asarray(answers), return_counts=True)
    values = dict(sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda one: -one[1]))
    rows = _common(answers, patients)
    told, owners = [answers[row] for row in rows], [patients[row] for row in rows]
    shares = _shares(learned[rows], told, owners) if len(set(told)) > 1 else None
    area = _area(shares, told, owners) if shares is not None else None
    empty = _area(_shares(blank[rows], told, owners), told, owners) if shares is not None else None
    right = None if shares is None else float((np.unique(told)[shares.argmax(axis=1)] == np.asarray(told)).mean())
    pays = goes.p is not None and goes.p * tested < 0.05 and goes.strength >= GOES
    knows = area is not None and (area[1] or 0.0) > WELL
    return ProbeResult(
        fact=fact,
        values=values,
        auroc=area[0] if area else None,
        low=area[1] if area else None,
        high=area[2] if area else None,
        right=right,
        chance=max(values.values()) / len(answers),
        blank=empty[0] if empty else None,
        strength=goes.strength,
        p=goes.p,
        alarm=knows and pays,
        words=_said(fact, area, empty, goes, called, knows=knows, pays=pays),
    )


def _said(
    fact: str, area: Area | None, empty: Area | None, goes: Association, called: str, *, knows: bool, pays: bool
) -> str:
    if area is None:
        return f"Whether the features hold '{fact}' cannot be told: fewer than two of its values have enough patients."
    spread = f", {area[1]:.2f} to {area[2]:.2f}" if area[1] is not None and area[2] is not None else ""
    blank = f"; a network that learned nothing: {empty[0]:.2f}" if empty else ""
    told = f"be told from the model's features (AUROC {area[0]:.2f}{spread}{blank})"
    strength = f"({goes.name} {goes.strength:.2f})"
    if knows and pays:
        return f"'{fact}' can {told} and goes with {called} {strength}: the model may answer by it."
    if knows:
        return f"'{fact}' can {told}, but does not go with {called} {strength}."
    if pays:
        return f"'{fact}' goes with {called} {strength}, but can hardly {told}."
    return f"'{fact}' can hardly {told} and does not go with {called} {strength}."


def _common(answers: Sequence[str], patients: Sequence[str]) -> list[int]:
    """The cases whose value enough patients have."""
    owners: dict[str, set[str]] = {}
    for value, patient in zip(answers, patients, strict=True):
        owners.setdefault(value, set()).add(patient)
    return [row for row, value in enumerate(answers) if len(owners[value]) >= FEWEST]


def _shares(features: Floats, answers: Sequence[str], patients: Sequence[str]) -> Floats:
    """Out-of-fold probabilities (n, values) in the values' order."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    names, labels = np.unique(np.asarray(answers), return_inverse=True)
    found = np.zeros((len(labels), len(names)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold that lacks a value, or has not quite converged, is no news
        for rest, held in folds.split(features, labels, patients):
            middle, spread = features[rest].mean(axis=0), features[rest].std(axis=0) + 1e-9
            scaled = [(features[rows] - middle) / spread for rows in (rest, held)]
            few = PCA(min(WIDEST, *scaled[0].shape), svd_solver="full").fit(scaled[0])
            fitted = LogisticRegression(C=1.0, max_iter=500).fit(few.transform(scaled[0]), labels[rest])
            found[np.ix_(held, fitted.classes_)] = fitted.predict_proba(few.transform(scaled[1]))
    return found


def _area(shares: Floats, answers: Sequence[str], patients: Sequence[str]) -> Area:
    """AUROC with its interval over patients."""
    names, labels = np.unique(np.asarray(answers), return_inverse=True)
    owner = np.unique(np.asarray(patients), return_inverse=True)[1]
    asked = [1] if len(names) == 2 else range(len(names))
    value = float(np.mean([auroc(shares[:, at], labels == at) for at in asked]))
    whole = mean(*[weighted_auroc(shares[:, at], labels == at, owner) for at in asked])
    draws = bootstrap({"auroc": whole}, patients=int(owner.max()) + 1, resamples=RESAMPLES, seed=0)["auroc"]
    carriers = min(len(set(owner[labels == at].tolist())) for at in range(len(names)))
    spread = bootstrap_interval(value, draws, carriers=carriers)
    return (value, *spread) if spread else (value, None, None)


def alarms_first(found: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Alarms before the rest, then by how strongly a fact goes with the label, then by how well it is known."""
    return sorted(found, key=lambda one: (not one.alarm, -one.strength, -(one.auroc or 0.0), one.fact))
