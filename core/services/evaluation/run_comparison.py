"""Compare two runs on the same cases: differences of metrics with intervals, and the cases fixed or broken."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.comparison import Comparison
from core.evaluation.comparison import compare as compared
from core.evaluation.comparison import incompatibility as reason
from core.services.evaluation import operating_points
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from core.services.training.runs import RunView
from db import Database
from db.vocabulary import TaskKind


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison of two runs, each at its own operating point; `note` says if their levels differ.

    The comparison holds the differences (first minus second) with their intervals, and the cases that the second run
    fixed (first wrong, second right), broke, and that both runs have wrong.
    """

    first: int
    second: int
    split: str
    name: str
    points: tuple[PointView, PointView]
    comparison: Comparison
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without NaN."""
        return {
            "runs": [self.first, self.second],
            "split": self.split,
            "positive": self.name,
            "points": [point.to_json() for point in self.points],
            "note": f"{self.comparison.note} {self.note}".strip(),
            **{
                name: {key: value.to_json() for key, value in getattr(self.comparison, name).items()}
                for name in ("differences", "first", "second")
            },
            "delong": asdict(self.comparison.delong) if self.comparison.delong else None,
            "mcnemar": asdict(self.comparison.mcnemar),
            **{name: getattr(self.comparison, name).tolist() for name in ("fixed", "broken", "both_wrong")},
        }


@dataclass(frozen=True, slots=True)
class _ComparedRun:
    """One run of the comparison, with its predictions."""

    run: RunView
    arrays: score_arrays.ScoreArrays
    finding: int | None
    point: PointView


def compare(
    db: Database,
    first: int,
    second: int,
    *,
    split: str = "test",
    finding: int | None = None,
    positive: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Compared:
    """Compare two runs; `finding` by its position in the first run, `positive` the positive class of many.

    Both are counted at the level of the first run's operating point (case or patient), each at its own threshold.

    Raises:
        NotFound: no such run.
        InvalidInput: the runs have different tasks or cases, or one has no predictions on the split.
    """
    sides = _sides(db, first, second, split, finding, positive)
    scores = _scores(*sides)
    if why := reason(*scores):
        raise InvalidInput(_cannot(first, second, split, why))
    point, other = (side.point for side in sides)
    comparison = compared(*scores, (point.threshold, other.threshold), resamples=resamples, seed=seed)
    note = (
        ""
        if other.level is point.level
        else (
            f"The threshold of run {second} was chosen per {other.level.value}, and both runs are counted per "
            f"{point.level.value}."
        )
    )
    return Compared(first, second, split, scores[0].name, (point, other), comparison, note)


def _cannot(first: int, second: int, split: str, why: str) -> str:
    return f"Runs {first} and {second} cannot be compared on the {split} split: {why[:1].lower()}{why[1:]}"


def _scores(first: _ComparedRun, second: _ComparedRun) -> tuple[BinaryScores, BinaryScores]:
    """Return both sides' scores at the level of the first run's point."""
    same_level = replace(second.point, level=first.point.level, patient_rule=first.point.patient_rule)
    return (
        score_arrays.class_scores(first.run, first.arrays, finding=first.finding, point=first.point),
        score_arrays.class_scores(second.run, second.arrays, finding=second.finding, point=same_level),
    )


def _sides(
    db: Database, first: int, second: int, split: str, finding: int | None, positive: int | None
) -> tuple[_ComparedRun, _ComparedRun]:
    run, other = runs.get(db, first), runs.get(db, second)
    if why := _mismatch(run, other):
        raise InvalidInput(_cannot(first, second, split, f"{why}."))
    other_finding = _position_in_other(run, other, finding)
    positive_class = _positive(db, run, positive, finding)
    current = (
        operating_points.current_or_default(db, first, finding or 0),
        operating_points.current_or_default(db, second, other_finding or 0),
    )
    positives = (
        positive_class,
        positive_class if run.kind is TaskKind.MULTI else other.classes.index(run.classes[positive_class]),
    )
    points = [_point_for(point, positive) for point, positive in zip(current, positives, strict=True)]
    return (
        _ComparedRun(run, score_arrays.score_arrays(db, first, split), finding, points[0]),
        _ComparedRun(other, score_arrays.score_arrays(db, second, split), other_finding, points[1]),
    )


def _mismatch(run: RunView, other: RunView) -> str:
    if run.task_id != other.task_id:
        return f"they belong to different tasks ('{run.task}' and '{other.task}')"
    if run.kind is TaskKind.NUMBER:
        return "they predict a number; compare their errors"
    if set(run.classes) != set(other.classes) and run.kind is not TaskKind.MULTI:
        return f"their classes differ ({', '.join(run.titles)} and {', '.join(other.titles)})"
    return ""


def _position_in_other(run: RunView, other: RunView, finding: int | None) -> int | None:
    """Return the position of the first run's finding in the second run."""
    if run.kind is not TaskKind.MULTI:
        return None
    if finding is None or not 0 <= finding < len(run.classes):
        raise InvalidInput(f"Run {run.id} predicts findings; choose one of them: {', '.join(run.titles)}.")
    if run.classes[finding] not in other.classes:
        raise InvalidInput(
            f"Run {other.id} has no finding '{run.titles[finding]}'; choose a finding that both runs have."
        )
    return other.classes.index(run.classes[finding])


def _positive(db: Database, run: RunView, positive: int | None, finding: int | None) -> int:
    if positive is not None and 0 <= positive < (2 if run.kind is TaskKind.MULTI else len(run.classes)):
        return positive
    chosen = operating_points.current(db, run.id, finding or 0)
    if chosen is not None and positive is None:
        return chosen.positive
    if positive is None and (run.kind is TaskKind.MULTI or len(run.classes) == 2):
        return 1
    raise InvalidInput(
        f"Run {run.id} has {len(run.classes)} classes; choose the positive class (one against the rest): "
        f"{', '.join(run.titles)}."
    )


def _point_for(point: PointView, positive: int) -> PointView:
    """Return the point if it is of that positive class, else the default point of the class."""
    return point if point.positive == positive else PointView(None, point.run_id, point.finding, positive)
