"""Choose the operating points of two runs that are compared: each its saved one, or one rule for both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import InvalidInput
from core.services.evaluation import operating_points
from core.services.predictions.operating_point_view import PointView
from db import Database

NEITHER = "Neither run has a saved operating point: both are counted at the default threshold {at:g}."
SAVED = "Each run is counted at its saved operating point: {points}."
ONE_RULE = "One rule for both runs: {rule} ({points})."
BORROWED = "Run {run} has no saved operating point, so the rule of run {other} is used for both: {rule} ({points})."
APART = (
    "Run {run} has no saved operating point and is counted at the default threshold {at:g}, run {other} at its own: "
    "their predictions follow different rules. {why}"
)


@dataclass(frozen=True, slots=True)
class ComparedPoints:
    """The operating points of the baseline and of the run, and in a sentence how they were chosen."""

    baseline: PointView
    run: PointView
    words: str


def choose(
    db: Database, baseline: PointView, run: PointView, rule: Mapping[str, Any] | None, threshold: float | None = None
) -> ComparedPoints:
    """Return the points to compare two runs at; of each its saved or default point is given.

    With a rule (and the threshold of a manual one) both follow it, counted like the first saved point. Without one,
    saved points are used; where only one run has one, the other follows its rule.

    Raises:
        InvalidInput: the rule is unknown or its value out of range, or a run cannot follow it on validation.
    """
    both = baseline, run
    saved = [point for point in both if point.id is not None]
    if rule is not None:
        like = (saved or both)[0]
        first, second = (operating_points.by_rule(db, point, rule, threshold, like=like) for point in both)
        return ComparedPoints(first, second, ONE_RULE.format(rule=rule_words(first), points=_each(first, second)))
    if len(saved) == 1:
        return _borrowed(db, baseline, run)
    if saved:
        return ComparedPoints(*both, SAVED.format(points=_each(*both)))
    return ComparedPoints(*both, NEITHER.format(at=run.threshold))


def _borrowed(db: Database, baseline: PointView, run: PointView) -> ComparedPoints:
    """Return the saved point and for the other run the point by its rule, or the default one where it has none."""
    saved, other = (baseline, run) if baseline.id is not None else (run, baseline)
    names = {"run": other.run_id, "other": saved.run_id}
    try:
        other = operating_points.by_rule(db, other, saved.rule, saved.threshold, like=saved)
        words = BORROWED.format(**names, rule=rule_words(saved), points="{points}")
    except InvalidInput as error:
        other, words = same_level(other, saved), APART.format(**names, at=other.threshold, why=error)
    first, second = (saved, other) if saved is baseline else (other, saved)
    return ComparedPoints(first, second, words.replace("{points}", _each(first, second)))


def rule_words(point: PointView) -> str:
    """Return the rule of a point without its threshold: `a sensitivity of at least 0.95 on validation`."""
    kind = point.rule["kind"]
    if "at_least" not in point.rule:
        return f"the threshold {point.threshold:.4g}"
    return f"a {kind} of at least {point.rule['at_least']:g} on validation"


def same_level(point: PointView, other: PointView) -> PointView:
    """Return the point, counted per case or per patient as the other one is."""
    return replace(point, level=other.level, patient_rule=other.patient_rule)


def _each(*points: PointView) -> str:
    return ", ".join(f"run {point.run_id} at {point.threshold:.4g}" for point in points)
