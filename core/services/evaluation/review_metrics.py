"""Compute the metrics of a review: at the operating point, by each kind of scores, and of all findings together."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.errors import UserError
from core.evaluation import binary_metrics
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import ORDER
from core.evaluation.multiclass import MultilabelReport, multilabel_metrics
from core.evaluation.operating_point import threshold_for
from core.services.evaluation import operating_points
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_point import SCALES
from core.services.evaluation.review_source import ReviewSource
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView


def point_metrics(source: ReviewSource, data: ReviewData, prevalence: float = -1.0) -> Mapping[str, MetricValue]:
    """Return every metric at the operating point, PPV and NPV at a prevalence within 0 to 1; {} of many classes."""
    if data.scored is None or data.point is None:
        return {}
    given = prevalence if 0 < prevalence < 1 else None
    metrics = dict(threshold_free_metrics(source, data.run, data.state.split, data.point))
    metrics |= binary_metrics.metrics_at_threshold(data.scored, data.threshold, prevalence=given)
    return {name: metrics[name] for name in ORDER if name in metrics}


def threshold_free_metrics(
    source: ReviewSource, run: RunView, split: str, point: PointView
) -> Mapping[str, MetricValue]:
    """Return the metrics that no threshold moves: AUROC, average precision, Brier score, ECE."""
    return source.of_question(run, split, point, "standing", binary_metrics.threshold_free_metrics)


def points_by_scale(source: ReviewSource, run: RunView, point: PointView) -> tuple[Mapping[str, PointView], str]:
    """Return the point by each kind of scores, and why some are not there ("" where all are)."""
    points, reason = {}, ""
    for scale in SCALES:
        try:
            calibrator = None if scale == "plain" else source.calibrator(run, point, scale)
            points[scale] = replace(point, calibrator=calibrator)
        except UserError as error:
            reason = str(error)
    return points, reason


def known_findings(source: ReviewSource, run: RunView, split: str) -> list[int]:
    """Return the places of the findings of which at least one case of the split is labelled."""
    truths = source.columns(run.id, split).truths
    return [place for place in range(len(run.classes)) if not np.isnan(truths[:, place]).all()]


def findings_metrics(source: ReviewSource, run: RunView, split: str) -> MultilabelReport:
    """Return the metrics of each finding at its own operating point, their mean, and all answers pooled."""
    points = [
        operating_points.current_or_default(source.db, run.id, place) for place in known_findings(source, run, split)
    ]

    def make() -> MultilabelReport:
        questions = [source.question(run, split, point) for point in points]
        return multilabel_metrics(questions, [point.threshold for point in points])

    return source.cached((run.id,), split, ("together", repr(points)), make)


def threshold_by_rule(scored: BinaryScores, kind: str, at_least: float) -> float:
    """Return the threshold that a rule finds; `kind` is sensitivity or specificity.

    Raises:
        InvalidInput: no threshold does it.
    """
    return float(threshold_for(scored, **{kind: at_least}))
