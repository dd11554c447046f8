"""Scores made to mean what they say: a map from score to probability, fitted on validation and kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores, is_probability
from core.evaluation.metrics import Floats

METHODS = ("temperature", "isotonic")
_LEAST, _MOST = 0.02, 50.0  # temperatures beyond which a model is not miscalibrated but worthless, or flawless here
_EDGE = 1e-7


@dataclass(frozen=True, slots=True)
class Calibrator:
    """`temperature` divides the log odds; or probabilities `y` at scores `x`, straight in between.

    `cases` and `events` say what it was fitted on.
    """

    method: str
    cases: int
    events: int
    temperature: float = 1.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, scores: Floats) -> Floats:
        """Calibrated probabilities (n,) of scores (n,); their order stays, of isotonic ones but for ties."""
        if self.method == "isotonic":
            return np.asarray(np.interp(scores, self.x, self.y), dtype=np.float64)
        return _expit(_logit(scores) / self.temperature)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        fitted = {"x": list(self.x), "y": list(self.y)} if self.x else {"temperature": self.temperature}
        return {"method": self.method, "cases": self.cases, "events": self.events, **fitted}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Calibrator":
        """What `to_json` wrote.

        Raises:
            InvalidInput: anything else.
        """
        try:
            x, y = (tuple(float(one) for one in said.get(axis, ())) for axis in ("x", "y"))
            temperature = float(said.get("temperature", 1.0))
            made = cls(str(said["method"]), int(said["cases"]), int(said["events"]), temperature, x, y)
        except (KeyError, TypeError, ValueError, AttributeError):
            made = cls("", 0, 0)
        if made.method not in METHODS or len(made.x) != len(made.y) or not made.temperature > 0:
            raise InvalidInput(f"This is no calibration of ours: {str(said)[:80]}; fit it anew on validation.")
        return made


def fit(method: str, scored: BinaryScores) -> Calibrator:
    """Of validation cases: one "temperature" for the log odds, or an "isotonic" staircase.

    Source: Guo et al., ICML (2017) for the temperature; Zadrozny and Elkan, KDD (2002) for the staircase.

    Raises:
        InvalidInput: an unknown method, scores that are no probabilities, cases of one class only.
    """
    events, cases = int(scored.truth.sum()), len(scored.truth)
    if method not in METHODS:
        raise InvalidInput(f"There is no calibration '{method}'; choose one of {', '.join(METHODS)}.")
    if not is_probability(scored.scores):
        raise InvalidInput("Calibration starts from probabilities from 0 to 1, which these scores are not.")
    if events in (0, cases):
        raise InvalidInput(
            f"Calibration needs cases of both classes, and {events} of {cases} here are {scored.name}; fit it on a "
            "validation split that has both."
        )
    if method == "temperature":
        return Calibrator(method, cases, events, _temperature(scored))
    return Calibrator(method, cases, events, 1.0, *_staircase(scored))


def _temperature(scored: BinaryScores) -> float:
    """Where the likelihood's slope is zero: it is convex in 1 / temperature, so there is one place."""
    from scipy.optimize import brentq

    odds = _logit(scored.scores)

    def slope(inverse: float) -> float:
        return float(((_expit(odds * inverse) - scored.truth) * odds).sum())

    least, most = 1 / _MOST, 1 / _LEAST
    if slope(least) >= 0:
        return _MOST
    return _LEAST if slope(most) <= 0 else float(1 / brentq(slope, least, most, xtol=1e-14, rtol=1e-14))


def _staircase(scored: BinaryScores) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from sklearn.isotonic import IsotonicRegression

    made = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scored.scores, scored.truth)
    return tuple(made.X_thresholds_.tolist()), tuple(made.y_thresholds_.tolist())


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _expit(odds: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=np.float64)
