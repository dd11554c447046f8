"""Calibrators: a map from score to probability, fitted on validation and stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores, is_probability
from core.evaluation.metrics import Floats

METHODS = ("temperature", "isotonic")
_LEAST, _MOST = 0.02, 50.0  # beyond these temperatures a model is useless or perfect, not miscalibrated
_EDGE = 1e-7


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A fitted calibration: `temperature` divides the log odds; or probabilities `y` at scores `x`, linear in between.

    `cases` and `events` count the cases and positives it was fitted on.
    """

    method: str
    cases: int
    events: int
    temperature: float = 1.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, scores: Floats) -> Floats:
        """Return the calibrated probabilities (n,) of scores (n,).

        The ranking is preserved, up to ties for isotonic.
        """
        if self.method == "isotonic":
            return np.asarray(np.interp(scores, self.x, self.y), dtype=np.float64)
        return _expit(_logit(scores) / self.temperature)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `from_json`."""
        fitted = {"x": list(self.x), "y": list(self.y)} if self.x else {"temperature": self.temperature}
        return {"method": self.method, "cases": self.cases, "events": self.events, **fitted}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Calibrator":
        """Read the output of `to_json`.

        Raises:
            InvalidInput: anything else.
        """
        try:
            x, y = (tuple(float(one) for one in data.get(axis, ())) for axis in ("x", "y"))
            temperature = float(data.get("temperature", 1.0))
            calibrator = cls(str(data["method"]), int(data["cases"]), int(data["events"]), temperature, x, y)
        except (KeyError, TypeError, ValueError, AttributeError):
            calibrator = cls("", 0, 0)
        if calibrator.method not in METHODS or len(calibrator.x) != len(calibrator.y) or not calibrator.temperature > 0:
            raise InvalidInput(f"This is no calibration of ours: {str(data)[:80]}; fit it anew on validation.")
        return calibrator


def fit(method: str, scored: BinaryScores) -> Calibrator:
    """Fit a calibrator on validation cases: "temperature" scaling or "isotonic" regression.

    Source: Guo et al., ICML (2017) for temperature; Zadrozny and Elkan, KDD (2002) for isotonic regression.

    Raises:
        InvalidInput: an unknown method, scores that are not probabilities, or cases of one class only.
    """
    events, cases = int(scored.truth.sum()), len(scored.truth)
    if method not in METHODS:
        raise InvalidInput(f"Unknown calibration method '{method}'; choose one of {', '.join(METHODS)}.")
    if not is_probability(scored.scores):
        raise InvalidInput("Calibration needs probabilities from 0 to 1, and these scores are not.")
    if events in (0, cases):
        raise InvalidInput(
            f"Calibration needs cases of both classes, but {events} of {cases} cases are {scored.name}; use a "
            "validation split that has both."
        )
    if method == "temperature":
        return Calibrator(method, cases, events, _temperature(scored))
    return Calibrator(method, cases, events, 1.0, *_staircase(scored))


def _temperature(scored: BinaryScores) -> float:
    """Return the root of the slope of the likelihood, which is convex in 1 / temperature and so has one minimum."""
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

    regression = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scored.scores, scored.truth)
    return tuple(regression.X_thresholds_.tolist()), tuple(regression.y_thresholds_.tolist())


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


def _expit(odds: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=np.float64)
