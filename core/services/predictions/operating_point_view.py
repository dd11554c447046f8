"""Show an operating point to pages: the score from which a case is positive, and how it was chosen."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.tables import OperatingPoint, Reader, TestSetView
from db.vocabulary import Level, PatientRule

USUAL = 0.5
RULES = {PatientRule.MAX: "the highest score", PatientRule.MEAN: "the mean score", PatientRule.NOISY_OR: "the noisy-or"}
UNTIL = "No operating point chosen yet"


@dataclass(frozen=True, slots=True)
class PointView:
    """An operating point: `positive` is the positive class; with a calibrator, `threshold` applies to its scores.

    `id` is None for the default point. `looks_before` counts the views of test results before it was chosen.
    `chosen_on` names the weights of the validation predictions at that time, "" if unnamed, None if unknown.
    """

    id: int | None
    run_id: int
    finding: int = 0
    positive: int = 1
    threshold: float = USUAL
    rule: dict[str, Any] = field(default_factory=lambda: {"kind": "usual"})
    level: Level = Level.IMAGE
    patient_rule: PatientRule = PatientRule.NONE
    calibrator: dict[str, Any] | None = None
    reader: str = ""
    created_at: float = 0.0
    looks_before: int = 0
    chosen_on: str | None = None

    @property
    def per_patient(self) -> bool:
        """Whether the unit of analysis is the patient, not the case."""
        return self.level is Level.PATIENT

    @property
    def level_name(self) -> str:
        """The unit of analysis: "image", or the rule for patients: "max", "mean" or "noisy_or"."""
        return self.patient_rule.value if self.per_patient else "image"

    @property
    def scale_name(self) -> str:
        """How the scores are calibrated: "plain", "temperature" or "isotonic"."""
        return str(self.calibrator["method"]) if self.calibrator else "plain"

    @property
    def words(self) -> str:
        """The threshold and how it was chosen, in a few words."""
        kind = self.rule.get("kind")
        unit = f", on {RULES[self.patient_rule]} of each patient" if self.per_patient else ""
        if kind == "usual":
            return f"{self.threshold:g} (default){unit}. {UNTIL}"
        how = (
            "set manually"
            if kind == "threshold"
            else (
                f"the highest threshold with a {kind} of at least {self.rule['at_least']:g} on validation"
                if kind == "sensitivity"
                else f"the lowest threshold with a {kind} of at least {self.rule['at_least']:g} on validation"
            )
        )
        return f"{self.threshold:.4g}, {how}{unit}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "id": self.id,
            "finding": self.finding,
            "positive": self.positive,
            "threshold": self.threshold,
            "rule": self.rule,
            "level": self.level.value,
            "patient_rule": self.patient_rule.value,
            "calibrator": self.calibrator,
            "by": self.reader,
            "at": self.created_at,
            "words": self.words,
            "looks_before": self.looks_before,
            "chosen_on": self.chosen_on,
        }


def newest(session: Session, run_id: int, finding: int) -> OperatingPoint | None:
    """Return the current row of a run (of one finding of several)."""
    statement = select(OperatingPoint).where(OperatingPoint.run_id == run_id, OperatingPoint.finding == finding)
    return session.scalars(statement.order_by(OperatingPoint.id.desc()).limit(1)).first()


def view(session: Session, row: OperatingPoint) -> PointView:
    """Convert a row to its view."""
    before = TestSetView.run_id == row.run_id, TestSetView.created_at < row.created_at
    return PointView(
        id=row.id,
        run_id=row.run_id,
        finding=row.finding,
        positive=row.positive,
        threshold=row.threshold,
        rule=row.rule,
        level=row.level,
        patient_rule=row.patient_rule,
        calibrator=row.calibrator,
        reader=session.get_one(Reader, row.reader_id).name,
        created_at=row.created_at,
        looks_before=session.scalar(select(func.count(TestSetView.id)).where(*before)) or 0,
        chosen_on=row.checkpoint_sha256,
    )
