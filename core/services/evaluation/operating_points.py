"""The operating point of a run: chosen on validation alone, stored, counted where somebody looks at test with it."""

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
    """Store a run's operating point; from now on it stands.

    `rule` is {"kind": "threshold"} with a threshold, or {"kind": "sensitivity", "at_least": 0.95} (or specificity),
    which is looked for on the validation split, as `calibrator` ("temperature" or "isotonic") is fitted there. No
    argument names another split: test never chooses. A threshold by hand needs no prediction, see `by_hand`.

    Raises:
        NotFound: no such run.
        InvalidInput: the run answers with a number, a value outside what is accepted, no validation prediction to
            choose on, or no threshold that does it.
    """
    run = runs.get(db, run_id)
    rule = _rule(rule, threshold)
    asked = PointView(
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
        asked = replace(asked, calibrator=_fitted(db, asked, calibrator))
    if rule["kind"] != "threshold":
        asked = replace(asked, threshold=_found(db, asked))
    with db.transaction() as session:
        row = OperatingPoint(
            run_id=run_id,
            finding=asked.finding,
            positive=asked.positive,
            threshold=asked.threshold,
            rule=dict(rule),
            level=asked.level,
            patient_rule=asked.patient_rule,
            calibrator=asked.calibrator,
            checkpoint_sha256=chosen_on,
            reader_id=queries.reader_id(session, by),
        )
        session.add(row)
        session.flush()
        return operating_point_view.view(session, row)


def current(db: Database, run_id: int, finding: int = 0) -> PointView | None:
    """The point that stands, None where none was chosen yet."""
    with db.read() as session:
        row = operating_point_view.newest(session, run_id, finding)
        return operating_point_view.view(session, row) if row is not None else None


def current_or_default(db: Database, run_id: int, finding: int = 0) -> PointView:
    """The point that stands, or the usual 0.5 for the last class (or a finding's presence) where none was chosen.

    Raises:
        NotFound: no such run.
    """
    found = current(db, run_id, finding)
    if found is not None:
        return found
    run = runs.get(db, run_id)
    return PointView(None, run_id, finding, 1 if run.kind is TaskKind.MULTI else max(1, len(run.classes) - 1))


def is_manual(db: Database, run: runs.RunView, point: PointView) -> bool:
    """Whether a point was set without validation: its threshold is nobody's rule, and nothing was predicted there."""
    if point.id is None or point.rule.get("kind") != "threshold":
        return False
    if run.external_source is None and point.chosen_on is not None:
        return not point.chosen_on
    return not coverage.has_predictions(db, run.id, "val")  # made elsewhere, or not kept then: as it is now


def record_test_view(db: Database, run_id: int, by: str, finding: int = 0) -> int:
    """Count that a reader sees the run's test figures; the same reader at the same point counts once. Gives `looks`."""
    with db.read() as session:  # most looks are counted already: no write lock for them
        if _is_counted(session, run_id, by, finding):
            return _count(session, run_id)
    with db.transaction() as session:
        if not _is_counted(session, run_id, by, finding):
            point = operating_point_view.newest(session, run_id, finding)
            session.add(
                TestSetView(
                    run_id=run_id, point_id=point.id if point else None, reader_id=queries.reader_id(session, by)
                )
            )
            session.flush()
        return _count(session, run_id)


def count_test_views(db: Database, run_id: int) -> int:
    """How often somebody looked at the run's test figures with a point (or a reader) that had not looked yet."""
    with db.read() as session:
        return _count(session, run_id)


def _count(session: Session, run_id: int) -> int:
    return session.scalar(select(func.count(TestSetView.id)).where(TestSetView.run_id == run_id)) or 0


def _is_counted(session: Session, run_id: int, by: str, finding: int) -> bool:
    point = operating_point_view.newest(session, run_id, finding)
    same = TestSetView.point_id.is_(None) if point is None else TestSetView.point_id == point.id
    mine = (
        select(TestSetView.id)
        .join(Reader, Reader.id == TestSetView.reader_id)
        .where(TestSetView.run_id == run_id, Reader.name == by, same)
    )
    return session.scalar(mine.limit(1)) is not None


def _rule(rule: Mapping[str, Any] | None, threshold: float | None) -> dict[str, Any]:
    if rule is None:
        rule = {"kind": "threshold"}
    kind, least = rule.get("kind"), rule.get("at_least")
    if kind not in KINDS:
        raise InvalidInput(f"'{kind}' is no way to choose an operating point; choose one of {', '.join(KINDS)}.")
    if kind == "threshold":
        if threshold is None:
            raise InvalidInput("An operating point set by hand needs its threshold, such as 0.5.")
        return {"kind": kind}
    if not isinstance(least, int | float) or not 0 < least <= 1:
        raise InvalidInput(f"A {kind} of at least {least!r} cannot be asked for; give a share up to 1, such as 0.95.")
    return {"kind": kind, "at_least": float(least)}


def _threshold(threshold: float | None, rule: Mapping[str, Any]) -> float:
    if rule["kind"] != "threshold":
        return operating_point_view.USUAL  # looked for below
    assert threshold is not None
    if not math.isfinite(threshold) or not 0 <= threshold <= 1:
        raise InvalidInput(f"The threshold is {threshold!r}; give a score from 0 to 1, such as 0.5.")
    return float(threshold)


def _finding(run: runs.RunView, finding: int) -> int:
    if run.kind is TaskKind.NUMBER:
        raise InvalidInput(f"Run {run.id} answers with a number, which has no operating point; look at its errors.")
    if run.kind is TaskKind.MULTI and not 0 <= finding < len(run.classes):
        raise InvalidInput(f"Run {run.id} has no finding {finding}; its findings are: {', '.join(run.titles)}.")
    return finding if run.kind is TaskKind.MULTI else 0


def _positive(run: runs.RunView, positive: int | None) -> int:
    several = 2 if run.kind is TaskKind.MULTI else len(run.classes)
    if positive is None and several == 2:
        return 1
    if positive is None or not 0 <= positive < several:
        raise InvalidInput(
            f"Run {run.id} has {several} classes; name the one that is yes against the rest: {', '.join(run.titles)}."
        )
    return positive


def _level(level: str, patient_rule: str) -> tuple[Level, PatientRule]:
    rules = [one.value for one in PatientRule if one]
    if level not in [one.value for one in Level]:
        raise InvalidInput(f"'{level}' is nothing to call; choose image or patient.")
    if (level == Level.PATIENT) != (patient_rule in rules):
        asked = f"'{patient_rule}'" if patient_rule else "nothing"
        raise InvalidInput(
            f"Calling each {level} goes with {asked} as the patient's rule; "
            f"to call patients name one of {', '.join(rules)}, to call images none."
        )
    return Level(level), PatientRule(patient_rule)


def _fitted(db: Database, asked: PointView, method: str) -> dict[str, Any]:
    each = replace(asked, level=Level.IMAGE, patient_rule=PatientRule.NONE)
    fitted: dict[str, Any] = fit(
        method, score_arrays.binary_scores(db, asked.run_id, split="val", point=each)
    ).to_json()
    return fitted


def _found(db: Database, asked: PointView) -> float:
    wanted = {asked.rule["kind"]: asked.rule["at_least"]}
    return float(threshold_for(score_arrays.binary_scores(db, asked.run_id, split="val", point=asked), **wanted))
