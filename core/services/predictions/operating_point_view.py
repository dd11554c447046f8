"""An operating point as pages see it: from which score a run says yes, and how that was found."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.tables import OperatingPoint, Reader, TestSetView
from db.vocabulary import Level, PatientRule

USUAL = 0.5
RULES = {PatientRule.MAX: "the highest score", PatientRule.MEAN: "the mean score", PatientRule.NOISY_OR: "the noisy-or"}
UNTIL = "until an operating point is chosen"


@dataclass(frozen=True, slots=True)
class PointView:
    """`positive` is the class that is yes; where a calibrator stands, `threshold` is of the scores that it gives.

    `id` is None of the usual one, which nobody chose. `looks_before` counts the looks at test before it was chosen.
    `chosen_on` names the weights that validation was predicted with then, "" where that named none, None: not known.
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
        """Whether patients are called, and not each case."""
        return self.level is Level.PATIENT

    @property
    def level_name(self) -> str:
        """What is called: "image", or the rule for patients: "max", "mean" or "noisy_or"."""
        return self.patient_rule.value if self.per_patient else "image"

    @property
    def scale_name(self) -> str:
        """How the scores are calibrated: "plain", "temperature" or "isotonic"."""
        return str(self.calibrator["method"]) if self.calibrator else "plain"

    @property
    def words(self) -> str:
        """How it was found, in a few words."""
        kind = self.rule.get("kind")
        of = f", of {RULES[self.patient_rule]} of each patient" if self.per_patient else ""
        if kind == "usual":
            return f"{self.threshold:g}{of}, {UNTIL}"
        how = (
            "set by hand"
            if kind == "threshold"
            else (
                f"the highest with a {kind} of at least {self.rule['at_least']:g} on validation"
                if kind == "sensitivity"
                else f"the lowest with a {kind} of at least {self.rule['at_least']:g} on validation"
            )
        )
        return f"{self.threshold:.4g}, {how}{of}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
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
    """The row that stands for a run (and of several findings that one)."""
    mine = select(OperatingPoint).where(OperatingPoint.run_id == run_id, OperatingPoint.finding == finding)
    return session.scalars(mine.order_by(OperatingPoint.id.desc()).limit(1)).first()


def view(session: Session, row: OperatingPoint) -> PointView:
    """A row as pages see it."""
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
