"""Operating points: thresholds that reach a sensitivity or specificity, and decision curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores, is_probability
from core.evaluation.bootstrap import resampled_sums
from core.evaluation.confidence_intervals import standard_error, student_quantile
from core.evaluation.metrics import Floats


@dataclass(frozen=True, slots=True)
class DecisionCurve:
    """Net benefit per case at each threshold: of the model with its 95 % bounds, of treating all, and of treating none.

    `low` and `high` resample whole patients; they are empty where all cases are of one patient.
    """

    thresholds: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]
    treat_none: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return lists of equal length: thresholds, model, treat_all, treat_none, low, high."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


def threshold_for(scored: BinaryScores, *, sensitivity: float | None = None, specificity: float | None = None) -> float:
    """Return the highest threshold with at least that sensitivity, or the lowest with at least that specificity.

    Raises:
        InvalidInput: both or neither given, a value outside 0 to 1, no case of the class, or the target is out of
            reach.
    """
    if (sensitivity is None) == (specificity is None):
        raise InvalidInput("Give either a target sensitivity or a target specificity, such as 0.95, not both.")
    target = sensitivity if sensitivity is not None else specificity
    if target is None or not 0 < target <= 1:
        raise InvalidInput(f"The target is {target!r}; give a number above 0 and up to 1, such as 0.95.")
    return (
        _threshold_for_sensitivity(scored, target)
        if sensitivity is not None
        else _threshold_for_specificity(scored, target)
    )


def decision_curve(
    scored: BinaryScores, thresholds: Sequence[float], *, resamples: int = 1000, seed: int = 0
) -> DecisionCurve:
    """Return the net benefit at each threshold.

    Source: Vickers and Elkin, Medical Decision Making 26 (2006) 565–574.

    Raises:
        InvalidInput: no cases, a threshold outside [0, 1), or scores that are not probabilities.
    """
    cutoffs = np.asarray(thresholds, dtype=np.float64)
    if not len(scored.cases) or not ((cutoffs >= 0) & (cutoffs < 1)).all() or not is_probability(scored.scores):
        raise InvalidInput(
            "A decision curve needs cases, probabilities from 0 to 1 and thresholds from 0 to below 1, which these "
            f"{len(scored.cases)} cases lack; predict again, or calibrate the scores first."
        )
    odds, n = cutoffs / (1 - cutoffs), len(scored.cases)
    benefit = _benefit_by_patient(scored, cutoffs, odds)
    model, prevalence = benefit.sum(axis=1) / n, float(scored.truth.mean())
    low, high = _band(scored, benefit, model, resamples=resamples, seed=seed)
    treat_none, treat_all = np.zeros(len(cutoffs)), prevalence - odds * (1 - prevalence)
    return DecisionCurve(*(tuple(part.tolist()) for part in (cutoffs, model, treat_all, treat_none, low, high)))


def _threshold_for_sensitivity(scored: BinaryScores, target: float) -> float:
    falling = np.sort(scored.scores[scored.truth])[::-1]
    if not len(falling):
        raise InvalidInput(
            f"No case is {scored.name}, so sensitivity is undefined; choose the threshold on cases of both classes."
        )
    reached = np.arange(1, len(falling) + 1) / len(falling)
    return float(falling[np.flatnonzero(reached >= target)[0]])


def _threshold_for_specificity(scored: BinaryScores, target: float) -> float:
    if scored.truth.all():
        raise InvalidInput(
            f"Every case is {scored.name}, so specificity is undefined; choose the threshold on cases of both classes."
        )
    rising, candidates = np.sort(scored.scores[~scored.truth]), np.unique(scored.scores)
    specificities = np.searchsorted(rising, candidates, side="left") / len(rising)
    sufficient = np.flatnonzero(specificities >= target)
    if not len(sufficient):
        raise InvalidInput(
            f"No threshold has a specificity of {target:g}, because the highest score is of a case that is not "
            f"{scored.name}; choose at most {float(specificities[-1]):.4f}."
        )
    return float(candidates[sufficient[0]])


def _benefit_by_patient(scored: BinaryScores, thresholds: Floats, odds: Floats) -> Floats:
    """Return true positives minus false positives at the odds, by threshold and patient (thresholds, patients)."""
    patients = len(scored.patients)
    benefit = np.empty((len(thresholds), patients))
    for row, (threshold, odds_at) in enumerate(zip(thresholds, odds, strict=True)):
        gain = np.where(scored.truth, 1.0, -odds_at) * scored.predicted_positive(threshold)
        benefit[row] = np.bincount(scored.owner, weights=gain, minlength=patients)
    return benefit


def _band(scored: BinaryScores, benefit: Floats, model: Floats, *, resamples: int, seed: int) -> tuple[Floats, Floats]:
    patients = len(scored.patients)
    if patients < 2:
        return np.empty(0), np.empty(0)
    sizes = np.bincount(scored.owner, minlength=patients).astype(np.float64)
    resampled = resampled_sums(np.vstack([benefit, sizes]), resamples=resamples, seed=seed)
    spread = np.array([standard_error(row, carriers=patients) for row in resampled[:-1] / resampled[-1]])
    reach = student_quantile(patients - 1, 0.95) * spread
    return model - reach, model + reach
