"""Compute the curves of a review, each with its 95 % band: ROC, precision over recall, reliability, net benefit."""

from dataclasses import dataclass

from core.evaluation import calibration, curve_bands, curves, operating_point
from core.evaluation.binary_scores import BinaryScores, is_probability
from core.evaluation.calibration import ReliabilityBin
from core.evaluation.curve_bands import Band
from core.evaluation.curves import Curve
from core.evaluation.operating_point import DecisionCurve
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import ReviewSource
from core.services.predictions.operating_point_view import PointView

THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@dataclass(frozen=True, slots=True)
class BandedCurve:
    """A curve at every threshold, and its band."""

    curve: Curve
    band: Band


def roc(source: ReviewSource, data: ReviewData) -> BandedCurve:
    """Return sensitivity over 1 − specificity."""
    return source.of_question(
        data.run,
        data.state.split,
        _point(data),
        "roc",
        lambda scored: BandedCurve(curves.roc(scored.scores, scored.truth), curve_bands.roc_band(scored)),
    )


def precision_recall(source: ReviewSource, data: ReviewData) -> BandedCurve:
    """Return precision (PPV) over recall (sensitivity)."""
    return source.of_question(
        data.run,
        data.state.split,
        _point(data),
        "precision",
        lambda scored: BandedCurve(
            curves.precision_recall(scored.scores, scored.truth), curve_bands.precision_band(scored)
        ),
    )


def decision(source: ReviewSource, data: ReviewData) -> DecisionCurve:
    """Return the net benefit over thresholds from 0.01 to 0.99.

    Raises:
        InvalidInput: the scores are no probabilities.
    """
    return source.of_question(
        data.run,
        data.state.split,
        _point(data),
        "decision",
        lambda scored: operating_point.decision_curve(scored, THRESHOLDS),
    )


def net_benefit(data: ReviewData) -> float | None:
    """Return the net benefit at the operating point; None at a threshold of 1, which has no odds."""
    if data.scored is None or data.threshold >= 1:
        return None
    return calibration.net_benefit(data.scored.scores, data.scored.truth, threshold=data.threshold)


def reliability(scored: BinaryScores) -> list[ReliabilityBin]:
    """Return the bins of the score that have cases."""
    return [each for each in calibration.reliability(scored) if each.n]


def has_probabilities(data: ReviewData) -> bool:
    """Return whether the scores are probabilities from 0 to 1, which calibration and net benefit need."""
    return data.scored is not None and is_probability(data.scored.scores)


def _point(data: ReviewData) -> PointView:
    assert data.point is not None, "curves are of one yes/no question"
    return data.point
