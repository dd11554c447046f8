"""Find the operating point of a review: the stored one, one that is tried on validation, or a comparison's."""

from dataclasses import replace
from typing import Any

from core.errors import InvalidInput
from core.evaluation import operating_point
from core.services.evaluation import comparison_data, operating_points
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import CHOOSING_SPLIT, ReviewSource
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView
from db.vocabulary import Level, PatientRule, TaskKind

LEVELS = {
    "image": "Each image",
    "max": "Each patient, highest score",
    "mean": "Each patient, mean score",
    "noisy_or": "Each patient, noisy-or",
}
NUMBER_LEVELS = {"image": "Each image", "mean": "Each patient, mean number"}
SCALES = {"plain": "As predicted", "temperature": "Temperature", "isotonic": "Isotonic"}


def stored_point(source: ReviewSource, run: RunView, query: ReviewQuery) -> PointView:
    """Return the stored point of the question, else the default one."""
    multi = run.kind is TaskKind.MULTI
    finding = query.finding if multi else 0
    stored = operating_points.current(source.db, run.id, finding)
    if multi or len(run.titles) == 2:  # the stored point says which of both answers is positive
        return stored or PointView(None, run.id, finding)
    positive = query.positive
    return stored if stored and stored.positive == positive else PointView(None, run.id, finding, positive)


def class_in_question(source: ReviewSource, run: RunView, query: ReviewQuery) -> int | None:
    """Return the finding or the positive class that a query is about; None for all classes at once, and a number."""
    if run.kind is TaskKind.MULTI:
        return query.finding
    if len(run.titles) == 2 or 0 <= query.positive < len(run.titles):
        return stored_point(source, run, query).positive
    return None


def point_for(source: ReviewSource, run: RunView, query: ReviewQuery, stored: PointView) -> PointView:
    """Return the point with the query's changes; in a comparison, the point at which it counts the run."""
    if query.change:
        return comparison_data.point_of_run(source, query)
    return tried_point(source, run, query, stored)


def tried_point(source: ReviewSource, run: RunView, query: ReviewQuery, stored: PointView) -> PointView:
    """Return the point with the query's trial values; on validation only, elsewhere the stored one is locked.

    If other scores are tried without a threshold, the stored rule finds a new threshold.
    """
    if query.split != CHOOSING_SPLIT:
        return stored
    changes = {**_level(query), **_scale(source, run, query, stored)}
    if 0 <= query.at <= 1:
        changes |= {"threshold": query.at, "rule": {"kind": "threshold"}}
    if all(getattr(stored, name) == value for name, value in changes.items()):
        return stored
    point = replace(stored, **changes)
    return point if "threshold" in changes else _by_its_rule(source, run, point)


def _level(query: ReviewQuery) -> dict[str, Any]:
    if query.level not in LEVELS:
        return {}
    if query.level == "image":
        return {"level": Level.IMAGE, "patient_rule": PatientRule.NONE}
    return {"level": Level.PATIENT, "patient_rule": PatientRule(query.level)}


def _scale(source: ReviewSource, run: RunView, query: ReviewQuery, stored: PointView) -> dict[str, Any]:
    if query.scale not in SCALES or query.scale == stored.scale_name:
        return {}
    return {"calibrator": None if query.scale == "plain" else source.calibrator(run, stored, query.scale)}


def _by_its_rule(source: ReviewSource, run: RunView, point: PointView) -> PointView:
    """Return the point with the threshold its rule finds for these scores; manual if no threshold satisfies it."""
    if "at_least" not in point.rule:
        return point
    try:
        scores = source.question(run, CHOOSING_SPLIT, point)
        threshold = operating_point.threshold_for(scores, **{point.rule["kind"]: point.rule["at_least"]})
    except InvalidInput:
        return replace(point, rule={"kind": "threshold"})
    return replace(point, threshold=threshold)
