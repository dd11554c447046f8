"""Decide what a run predicts for each case at an operating point: the only place where services do so."""

import numpy as np
from numpy.typing import NDArray

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.metrics import Bools, Floats
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView

Classes = NDArray[np.intp]


def positive_rows(question: BinaryScores, point: PointView) -> Bools:
    """Return which rows are predicted positive, of scores to which the point is applied: cases, or patients."""
    return question.predicted_positive(point.threshold)


def positive_cases(scores: BinaryScores, point: PointView) -> Bools:
    """Return which cases are predicted positive, of plain scores; a point of patients decides for all their cases."""
    rows = positive_rows(score_arrays.apply_operating_point(scores, point), point)
    return rows[scores.owner] if point.per_patient else rows


def most_probable(scores: Floats) -> Classes:
    """Return the most probable class of each case (n,), of scores (n, classes)."""
    most: Classes = scores.argmax(axis=1).astype(np.intp)
    return most


def predicted_classes(run: RunView, arrays: score_arrays.ScoreArrays, point: PointView) -> Classes:
    """Return the predicted class of each case: the positive one at the point, else the most probable of the others.

    With more than two classes and no chosen point it is the most probable class.
    """
    if point.id is None and len(run.classes) > 2:
        return most_probable(arrays.scores)
    positive = positive_cases(score_arrays.class_scores(run, arrays, positive=point.positive), point)
    others = np.delete(np.arange(len(run.classes)), point.positive)
    return np.where(positive, point.positive, others[most_probable(arrays.scores[:, others])])
