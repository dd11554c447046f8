"""Where "yes" begins: the threshold that keeps a promise, and what deciding by thresholds is worth."""

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
    """Net benefit per case at each threshold: of the model with its 95 % bounds, of calling all, and of calling none.

    `low` and `high` resample whole patients; they are empty where all cases are of one patient.
    """

    thresholds: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]
    treat_none: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Lists of equal length: thresholds, model, treat_all, treat_none, low, high."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


def threshold_for(scored: BinaryScores, *, sensitivity: float | None = None, specificity: float | None = None) -> float:
    """The highest score that, as threshold, keeps a sensitivity; or the lowest that keeps a specificity.

    Raises:
        InvalidInput: both or neither asked for, a share outside 0 to 1, no case it is about, or no score keeps it.
    """
    if (sensitivity is None) == (specificity is None):
        raise InvalidInput("Ask for a sensitivity or a specificity that is to be kept, such as 0.95, and not for both.")
    asked = sensitivity if sensitivity is not None else specificity
    if asked is None or not 0 < asked <= 1:
        raise InvalidInput(f"A share of {asked!r} cannot be kept; give one above 0 and up to 1, such as 0.95.")
    return _sensitive(scored, asked) if sensitivity is not None else _specific(scored, asked)


def decision_curve(
    scored: BinaryScores, thresholds: Sequence[float], *, resamples: int = 1000, seed: int = 0
) -> DecisionCurve:
    """Net benefit at each threshold. Source: Vickers and Elkin, Medical Decision Making 26 (2006) 565–574.

    Raises:
        InvalidInput: no case, a threshold outside 0 to 1 (1 not included), scores that are no probabilities.
    """
    at = np.asarray(thresholds, dtype=np.float64)
    if not len(scored.cases) or not ((at >= 0) & (at < 1)).all() or not is_probability(scored.scores):
        raise InvalidInput(
            f"A decision curve weighs probabilities at thresholds from 0 to below 1; here are {len(scored.cases)} "
            "cases with other scores or thresholds, so predict again, or calibrate the scores first."
        )
    odds, n = at / (1 - at), len(scored.cases)
    worth = _worth(scored, at, odds)
    model, shares = worth.sum(axis=1) / n, float(scored.truth.mean())
    low, high = _band(scored, worth, model, resamples=resamples, seed=seed)
    none, all_of = np.zeros(len(at)), shares - odds * (1 - shares)
    return DecisionCurve(*(tuple(part.tolist()) for part in (at, model, all_of, none, low, high)))


def _sensitive(scored: BinaryScores, asked: float) -> float:
    falling = np.sort(scored.scores[scored.truth])[::-1]
    if not len(falling):
        raise InvalidInput(
            f"No case here is {scored.name}, so no threshold has a sensitivity; choose it on cases of both classes."
        )
    reached = np.arange(1, len(falling) + 1) / len(falling)
    return float(falling[np.flatnonzero(reached >= asked)[0]])


def _specific(scored: BinaryScores, asked: float) -> float:
    if scored.truth.all():
        raise InvalidInput(
            f"Every case here is {scored.name}, so no threshold has a specificity; choose it on cases of both classes."
        )
    rising, candidates = np.sort(scored.scores[~scored.truth]), np.unique(scored.scores)
    kept = np.searchsorted(rising, candidates, side="left") / len(rising)
    there = np.flatnonzero(kept >= asked)
    if not len(there):
        raise InvalidInput(
            f"No score keeps a specificity of {asked:g}, because the highest is of a case that is not {scored.name}; "
            f"ask for at most {float(kept[-1]):.4f}."
        )
    return float(candidates[there[0]])


def _worth(scored: BinaryScores, at: Floats, odds: Floats) -> Floats:
    """True positives less false ones at the odds, by threshold and patient (thresholds, patients)."""
    patients = len(scored.patients)
    made = np.empty((len(at), patients))
    for row, (threshold, price) in enumerate(zip(at, odds, strict=True)):
        gain = np.where(scored.truth, 1.0, -price) * scored.called(threshold)
        made[row] = np.bincount(scored.owner, weights=gain, minlength=patients)
    return made


def _band(scored: BinaryScores, worth: Floats, model: Floats, *, resamples: int, seed: int) -> tuple[Floats, Floats]:
    patients = len(scored.patients)
    if patients < 2:
        return np.empty(0), np.empty(0)
    sizes = np.bincount(scored.owner, minlength=patients).astype(np.float64)
    drawn = resampled_sums(np.vstack([worth, sizes]), resamples=resamples, seed=seed)
    spread = np.array([standard_error(row, carriers=patients) for row in drawn[:-1] / drawn[-1]])
    reach = student_quantile(patients - 1, 0.95) * spread
    return model - reach, model + reach
