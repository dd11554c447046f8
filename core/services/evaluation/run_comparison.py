"""Two runs on the same cases: what differs and by how much, and what one of them alone has right."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import InvalidInput
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
    """Two runs, each at its own operating point; `note` says where those call different things.

    `found` holds the differences (first less second) with their intervals, and the cases that the second run fixed
    (the first is wrong, the second right), broke, and that both have wrong.
    """

    first: int
    second: int
    split: str
    name: str
    points: tuple[PointView, PointView]
    found: Comparison
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without NaN."""
        return {
            "runs": [self.first, self.second],
            "split": self.split,
            "positive": self.name,
            "points": [point.to_json() for point in self.points],
            "note": f"{self.found.note} {self.note}".strip(),
            **{
                name: {key: one.to_json() for key, one in getattr(self.found, name).items()}
                for name in ("differences", "first", "second")
            },
            "delong": asdict(self.found.delong) if self.found.delong else None,
            "mcnemar": asdict(self.found.mcnemar),
            **{name: getattr(self.found, name).tolist() for name in ("fixed", "broken", "both_wrong")},
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    """One run's side of the question."""

    run: RunView
    found: score_arrays.ScoreArrays
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
    """Compare two runs; of findings `finding` (by its place in the first run), of many classes `positive` is yes.

    Both are counted as the first's operating point counts, by case or by patient, each at its own threshold.

    Raises:
        NotFound: no such run.
        InvalidInput: the runs answer other questions or have other cases, or one has no prediction of the split.
    """
    sides = _sides(db, first, second, split, finding, positive)
    scores = _scored(*sides)
    if why := reason(*scores):
        raise InvalidInput(_cannot(first, second, split, why))
    one, other = (side.point for side in sides)
    found = compared(*scores, (one.threshold, other.threshold), resamples=resamples, seed=seed)
    note = (
        ""
        if other.level is one.level
        else (
            f"The threshold of run {second} was chosen for each {other.level.value}, and both runs are counted by "
            f"{one.level.value}."
        )
    )
    return Compared(first, second, split, scores[0].name, (one, other), found, note)


def _cannot(first: int, second: int, split: str, why: str) -> str:
    return f"Runs {first} and {second} cannot be compared on the {split} split, for {why[:1].lower()}{why[1:]}"


def _scored(one: _Asked, other: _Asked) -> tuple[score_arrays.BinaryScores, score_arrays.BinaryScores]:
    """Both sides' scores, counted as the first's point counts."""
    alike = replace(other.point, level=one.point.level, patient_rule=one.point.patient_rule)
    return (
        score_arrays.class_scores(one.run, one.found, finding=one.finding, point=one.point),
        score_arrays.class_scores(other.run, other.found, finding=other.finding, point=alike),
    )


def _sides(
    db: Database, first: int, second: int, split: str, finding: int | None, positive: int | None
) -> tuple[_Asked, _Asked]:
    one, other = runs.get(db, first), runs.get(db, second)
    if why := _other_question(one, other):
        raise InvalidInput(_cannot(first, second, split, f"{why}."))
    found = _placed(one, other, finding)
    yes = _positive(db, one, positive, finding)
    mine = (
        operating_points.current_or_default(db, first, finding or 0),
        operating_points.current_or_default(db, second, found or 0),
    )
    places = yes, yes if one.kind is TaskKind.MULTI else other.classes.index(one.classes[yes])
    points = [_asking(point, place) for point, place in zip(mine, places, strict=True)]
    return (
        _Asked(one, score_arrays.score_arrays(db, first, split), finding, points[0]),
        _Asked(other, score_arrays.score_arrays(db, second, split), found, points[1]),
    )


def _other_question(one: RunView, other: RunView) -> str:
    if one.task_id != other.task_id:
        return f"one answers task '{one.task}', the other '{other.task}'"
    if one.kind is TaskKind.NUMBER:
        return "they answer with numbers, which are compared by their errors"
    if set(one.classes) != set(other.classes) and one.kind is not TaskKind.MULTI:
        return f"one knows the classes {', '.join(one.titles)}, the other {', '.join(other.titles)}"
    return ""


def _placed(one: RunView, other: RunView, finding: int | None) -> int | None:
    """The place that the first run's finding has in the second."""
    if one.kind is not TaskKind.MULTI:
        return None
    if finding is None or not 0 <= finding < len(one.classes):
        raise InvalidInput(f"Run {one.id} answers with findings; name one of them: {', '.join(one.titles)}.")
    if one.classes[finding] not in other.classes:
        raise InvalidInput(
            f"Run {other.id} does not know the finding {one.titles[finding]}; choose one that both know."
        )
    return other.classes.index(one.classes[finding])


def _positive(db: Database, run: RunView, positive: int | None, finding: int | None) -> int:
    if positive is not None and 0 <= positive < (2 if run.kind is TaskKind.MULTI else len(run.classes)):
        return positive
    chosen = operating_points.current(db, run.id, finding or 0)
    if chosen is not None and positive is None:
        return chosen.positive
    if positive is None and (run.kind is TaskKind.MULTI or len(run.classes) == 2):
        return 1
    raise InvalidInput(
        f"Run {run.id} has {len(run.classes)} classes; name the one that is yes against the rest: "
        f"{', '.join(run.titles)}."
    )


def _asking(point: PointView, positive: int) -> PointView:
    """The point where it is of that class; else the usual one for it."""
    return point if point.positive == positive else PointView(None, point.run_id, point.finding, positive)
