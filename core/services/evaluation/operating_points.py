"""Choose a run's operating point on validation alone, store it, and count how often test results are viewed."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.evaluation.calibrator import fit
from core.evaluation.operating_point import threshold_for
from core.services.predictions import coverage, operating_point_view, score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database, queries
from db.names import plain_name
from db.tables import OperatingPoint, Reader, TestSetView
from db.vocabulary import Level, PatientRule, TaskKind

KINDS = ("threshold", "sensitivity", "specificity")


def set_operating_point(
    db: Database,
    run_id: int,
    *,
    by: str,
    finding: int = 0,
    positive: int | None = None,
    threshold: float | None = None,
    rule: Mapping[str, Any] | None = None,
    level: str = "image",
    patient_rule: str = "",
    calibrator: str | None = None,
) -> PointView:
    """Store a run's new operating point, which replaces the current one.

    `rule` is {"kind": "threshold"} with a threshold, or {"kind": "sensitivity", "at_least": 0.95} (or specificity).
    The rule's threshold and the `calibrator` ("temperature" or "isotonic") are fitted on the validation split; no
    argument names another split, so test never chooses. A manual threshold needs no predictions, see `is_manual`.

    Raises:
        NotFound: no such run.
        InvalidInput: the run predicts a number, a value is out of range, validation has no predictions, or no
            threshold satisfies the rule.
    """
    run = runs.get(db, run_id)
    rule = _rule(rule, threshold)
    point = PointView(
        None,
        run_id,
        _finding(run, finding),
        _positive(run, positive),
        _threshold(threshold, rule),
        rule,
        *_level(level, patient_rule),
    )
    chosen_on = coverage.coverage_of(db, run_id, "val").named  # before the scores are read: never newer than these
    if calibrator:
        point = replace(point, calibrator=_fitted(db, point, calibrator))
    if rule["kind"] != "threshold":
        point = replace(point, threshold=_threshold_by_rule(db, point))
    with db.transaction() as session:
        row = OperatingPoint(
            run_id=run_id,
            finding=point.finding,
            positive=point.positive,
            threshold=point.threshold,
            rule=dict(rule),
            level=point.level,
            patient_rule=point.patient_rule,
            calibrator=point.calibrator,
            checkpoint_sha256=chosen_on,
            reader_id=queries.reader_id(session, by),
        )
        session.add(row)
        session.flush()
        return operating_point_view.view(session, row)


def current(db: Database, run_id: int, finding: int = 0) -> PointView | None:
    """Return the current operating point; None if none was chosen yet."""
    with db.read() as session:
        row = operating_point_view.newest(session, run_id, finding)
        return operating_point_view.view(session, row) if row is not None else None


def current_or_default(db: Database, run_id: int, finding: int = 0) -> PointView:
    """Return the current operating point; by default 0.5 for the last class (or for a finding's presence).

    Raises:
        NotFound: no such run.
    """
    point = current(db, run_id, finding)
    if point is not None:
        return point
    run = runs.get(db, run_id)
    return PointView(None, run_id, finding, 1 if run.kind is TaskKind.MULTI else max(1, len(run.classes) - 1))


def by_rule(
    db: Database, point: PointView, rule: Mapping[str, Any], threshold: float | None, *, like: PointView
) -> PointView:
    """Return a point of the same question by a rule, found on validation; level and calibration are those of `like`.

    Raises:
        InvalidInput: as `set_operating_point`.
    """
    rule = _rule(rule, threshold)
    counted = replace(point, id=None, rule=rule, level=like.level, patient_rule=like.patient_rule, calibrator=None)
    if like.calibrator:
        counted = replace(counted, calibrator=_fitted(db, counted, like.scale_name))
    if rule["kind"] == "threshold":
        return replace(counted, threshold=_threshold(threshold, rule))
    return replace(counted, threshold=_threshold_by_rule(db, counted))


def is_manual(db: Database, run: runs.RunView, point: PointView) -> bool:
    """Tell whether a point was set without validation: a manual threshold, and no predictions on validation."""
    if point.id is None or point.rule.get("kind") != "threshold":
        return False
    if run.external_source is None and point.chosen_on is not None:
        return not point.chosen_on
    return not coverage.has_predictions(
        db, run.id, "val"
    )  # external predictions, or an old row: decide by today's state


def record_test_view(db: Database, run_id: int, by: str, finding: int = 0) -> int:
    """Record that a reader views the run's test results, once per reader and operating point; return the count."""
    with db.read() as session:  # most views are recorded already and need no write lock
        if is_counted(session, run_id, by, finding):
            return _count(session, run_id)
    with db.transaction() as session:
        if not is_counted(session, run_id, by, finding):
            point = operating_point_view.newest(session, run_id, finding)
            session.add(
                TestSetView(
                    run_id=run_id, point_id=point.id if point else None, reader_id=queries.reader_id(session, by)
                )
            )
            session.flush()
        return _count(session, run_id)


def count_test_views(db: Database, run_id: int) -> int:
    """Count the views of the run's test results, one per reader and operating point."""
    with db.read() as session:
        return _count(session, run_id)


def _count(session: Session, run_id: int) -> int:
    return session.scalar(select(func.count(TestSetView.id)).where(TestSetView.run_id == run_id)) or 0


def is_counted(session: Session, run_id: int, by: str, finding: int) -> bool:
    """Tell whether a reader's view of the test results at the current operating point is recorded."""
    point = operating_point_view.newest(session, run_id, finding)
    same = TestSetView.point_id.is_(None) if point is None else TestSetView.point_id == point.id
    views = (
        select(TestSetView.id)
        .join(Reader, Reader.id == TestSetView.reader_id)
        .where(TestSetView.run_id == run_id, Reader.name.in_((by, plain_name(by))), same)
    )
    return session.scalar(views.limit(1)) is not None


def _rule(rule: Mapping[str, Any] | None, threshold: float | None) -> dict[str, Any]:
    if rule is None:
        rule = {"kind": "threshold"}
    kind, least = rule.get("kind"), rule.get("at_least")
    if kind not in KINDS:
        raise InvalidInput(f"Unknown operating point rule '{kind}'; choose one of {', '.join(KINDS)}.")
    if kind == "threshold":
        if threshold is None:
            raise InvalidInput("A manual operating point needs a threshold, such as 0.5.")
        return {"kind": kind}
    if not isinstance(least, int | float) or not 0 < least <= 1:
        raise InvalidInput(f"The target {kind} is {least!r}; give a number above 0 and up to 1, such as 0.95.")
    return {"kind": kind, "at_least": float(least)}


def _threshold(threshold: float | None, rule: Mapping[str, Any]) -> float:
    if rule["kind"] != "threshold":
        return operating_point_view.USUAL  # the rule finds it later
    assert threshold is not None
    if not math.isfinite(threshold) or not 0 <= threshold <= 1:
        raise InvalidInput(f"The threshold is {threshold!r}; give a score from 0 to 1, such as 0.5.")
    return float(threshold)


def _finding(run: runs.RunView, finding: int) -> int:
    if run.kind is TaskKind.NUMBER:
        raise InvalidInput(f"Run {run.id} predicts a number, which has no operating point; look at its errors.")
    if run.kind is TaskKind.MULTI and not 0 <= finding < len(run.classes):
        raise InvalidInput(f"Run {run.id} has no finding {finding}; its findings are: {', '.join(run.titles)}.")
    return finding if run.kind is TaskKind.MULTI else 0


def _positive(run: runs.RunView, positive: int | None) -> int:
    several = 2 if run.kind is TaskKind.MULTI else len(run.classes)
    if positive is None and several == 2:
        return 1
    if positive is None or not 0 <= positive < several:
        raise InvalidInput(
            f"Run {run.id} has {several} classes; choose the positive class (one against the rest): "
            f"{', '.join(run.titles)}."
        )
    return positive


def _level(level: str, patient_rule: str) -> tuple[Level, PatientRule]:
    rules = [rule.value for rule in PatientRule if rule]
    if level not in [known.value for known in Level]:
        raise InvalidInput(f"Unknown unit of analysis '{level}'; choose image or patient.")
    if (level == Level.PATIENT) != (patient_rule in rules):
        rule_text = f"patient rule '{patient_rule}'" if patient_rule else "no patient rule"
        raise InvalidInput(
            f"The unit of analysis is {level} with {rule_text}; for patients give one of {', '.join(rules)}, "
            "for images none."
        )
    return Level(level), PatientRule(patient_rule)


def _fitted(db: Database, point: PointView, method: str) -> dict[str, Any]:
    per_image = replace(point, level=Level.IMAGE, patient_rule=PatientRule.NONE)
    fitted: dict[str, Any] = fit(
        method, score_arrays.binary_scores(db, point.run_id, split="val", point=per_image)
    ).to_json()
    return fitted


def _threshold_by_rule(db: Database, point: PointView) -> float:
    target = {point.rule["kind"]: point.rule["at_least"]}
    return float(threshold_for(score_arrays.binary_scores(db, point.run_id, split="val", point=point), **target))
