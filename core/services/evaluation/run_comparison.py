"""Compare two runs on the same cases: differences of metrics with intervals, and the cases fixed or broken."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.comparison import Comparison
from core.evaluation.comparison import compare as compared
from core.evaluation.comparison import incompatibility as reason
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import change
from core.services.evaluation import compared_points, operating_points
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from core.services.training.runs import RunView
from db import Database
from db.vocabulary import TaskKind


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison of two runs, the first as the baseline; `chosen` says how their operating points were chosen.

    The comparison holds the differences (run − baseline) with their intervals, and the cases that the second run
    fixed (first wrong, second right), broke, and that both runs have wrong. `note` says if the levels of the points
    differ.
    """

    first: int
    second: int
    split: str
    name: str
    points: tuple[PointView, PointView]
    comparison: Comparison
    note: str = ""
    chosen: str = ""

    @property
    def counted(self) -> tuple[PointView, PointView]:
        """The points at which the runs are counted: the second one at the level of the first."""
        first, second = self.points
        return first, compared_points.same_level(second, first)

    def changes(self) -> dict[str, str]:
        """Return how the run compares with the baseline, by metric: better, worse, or not clearly different."""
        return {name: change(name, figure) for name, figure in self.comparison.differences.items()}

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without NaN; `differences` are baseline − run, `run_minus_baseline` the other way."""
        return {
            "baseline": self.first,
            "run": self.second,
            "operating_points": self.chosen,
            "run_minus_baseline": minus_baseline(self.comparison.differences, self.changes()),
            "runs": [self.first, self.second],
            "split": self.split,
            "positive": self.name,
            "points": [point.to_json() for point in self.points],
            "note": f"{self.comparison.note} {self.note}".strip(),
            "differences": {key: value.negated().to_json() for key, value in self.comparison.differences.items()},
            **{
                name: {key: value.to_json() for key, value in getattr(self.comparison, name).items()}
                for name in ("first", "second")
            },
            "delong": asdict(self.comparison.delong) if self.comparison.delong else None,
            "mcnemar": asdict(self.comparison.mcnemar),
            **{name: getattr(self.comparison, name).tolist() for name in ("fixed", "broken", "both_wrong")},
        }


def minus_baseline(differences: Mapping[str, MetricValue], changes: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the JSON of the differences run − baseline, each with how the run compares."""
    return {key: {**value.to_json(), "change": changes[key]} for key, value in differences.items()}


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
    rule: Mapping[str, Any] | None = None,
    threshold: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Compared:
    """Compare two runs, the first as the baseline; `finding` by its position in it, `positive` the class of many.

    Both are counted at the level of the first one's operating point (case or patient). The points are the saved ones,
    or follow one `rule` (with the `threshold` of a manual one), see `compared_points.choose`.

    Raises:
        NotFound: no such run.
        InvalidInput: the runs have different tasks or cases, one has no predictions on the split, or cannot follow the
            rule.
    """
    sides, chosen = _sides(db, first, second, split, finding, positive, (rule, threshold))
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
    return Compared(first, second, split, scores[0].name, (point, other), comparison, note, chosen)


def _cannot(first: int, second: int, split: str, why: str) -> str:
    return f"Runs {first} and {second} cannot be compared on the {split} split: {why[:1].lower()}{why[1:]}"


def _scores(first: _ComparedRun, second: _ComparedRun) -> tuple[BinaryScores, BinaryScores]:
    """Return both sides' scores at the level of the first run's point."""
    same_level = compared_points.same_level(second.point, first.point)
    return (
        score_arrays.class_scores(first.run, first.arrays, finding=first.finding, point=first.point),
        score_arrays.class_scores(second.run, second.arrays, finding=second.finding, point=same_level),
    )


def _sides(
    db: Database,
    first: int,
    second: int,
    split: str,
    finding: int | None,
    positive: int | None,
    rule: tuple[Mapping[str, Any] | None, float | None],
) -> tuple[tuple[_ComparedRun, _ComparedRun], str]:
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
    arrays = [score_arrays.score_arrays(db, side, split) for side in (first, second)]
    stored = [_point_for(point, positive) for point, positive in zip(current, positives, strict=True)]
    points = compared_points.choose(db, stored[0], stored[1], *rule)
    return (
        _ComparedRun(run, arrays[0], finding, points.baseline),
        _ComparedRun(other, arrays[1], other_finding, points.run),
    ), points.words


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
