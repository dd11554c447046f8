"""Two runs on the same cases: what differs and by how much, and what one of them alone got right."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.comparison import Comparison
from core.evaluation.comparison import compare as compared
from core.services import operating, runs, scored
from core.services.points import PointView
from core.services.runs import RunView
from db import Database
from db.vocabulary import TaskKind

OTHER_CASES = "Runs {first} and {second} cannot be compared on the {split} split: {why}."


@dataclass(frozen=True, slots=True)
class Compared:
    """The second run less the first, each at its own operating point; `note` says where those call different things.

    `found` holds the differences with their intervals and the lists fixed, broken and both_wrong, of case ids.
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
        return {"runs": [self.first, self.second], "split": self.split, "positive": self.name,
                "points": [point.to_json() for point in self.points], "note": self.note,
                **self.found.to_json()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """One run's side of the question."""

    run: RunView
    found: scored.Columns
    finding: int | None
    point: PointView


def compare(
    db: Database, first: int, second: int, *, split: str = "test", finding: int | None = None,
    positive: int | None = None, resamples: int = 1000, seed: int = 0,
) -> Compared:  # fmt: skip
    """Compare two runs; of findings `finding` (by its place in the first run), of many classes `positive` is yes.

    Both are counted as the first's operating point counts, by case or by patient, each at its own threshold.

    Raises:
        NotFound: no such run.
        InvalidInput: `refusal` says why, or one has no prediction of the split.
    """
    sides = _sides(db, first, second, split, finding, positive)
    if why := _why_not(*sides, split):
        raise InvalidInput(why)
    one, other = sides
    points = one.point, _counted_as(one.point, other.point)
    a, b = (scored.question(side.run, side.found, finding=side.finding, point=point)
            for side, point in zip(sides, points, strict=True))  # fmt: skip
    found = compared(a, b, (one.point.threshold, other.point.threshold), resamples=resamples, seed=seed)
    note = "" if other.point.level is one.point.level else (
        f"The threshold of run {second} was chosen for each {other.point.level.value}, and both runs are counted by "
        f"{one.point.level.value}."
    )  # fmt: skip
    return Compared(first, second, split, a.name, (one.point, other.point), found, note)


def refusal(
    db: Database, first: int, second: int, *, split: str = "test", finding: int | None = None
) -> str:  # fmt: skip
    """Why two runs cannot be compared on a split, "" where they can.

    Raises:
        NotFound: no such run.
    """
    try:
        return _why_not(*_sides(db, first, second, split, finding, None), split)
    except InvalidInput as error:
        return str(error)


def _sides(
    db: Database, first: int, second: int, split: str, finding: int | None, positive: int | None
) -> tuple[_Asked, _Asked]:
    one, other = runs.get(db, first), runs.get(db, second)
    if why := _other_question(one, other):
        raise InvalidInput(OTHER_CASES.format(first=first, second=second, split=split, why=why))
    found = _placed(one, other, finding)
    yes = _positive(db, one, positive, finding)
    mine = operating.standing(db, first, finding or 0), operating.standing(db, second, found or 0)
    places = yes, yes if one.kind is TaskKind.MULTI else other.classes.index(one.classes[yes])
    points = [_asking(point, place) for point, place in zip(mine, places, strict=True)]
    return (_Asked(one, scored.columns(db, first, split), finding, points[0]),
            _Asked(other, scored.columns(db, second, split), found, points[1]))  # fmt: skip


def _other_question(one: RunView, other: RunView) -> str:
    if one.task_id != other.task_id:
        return f"one answers task '{one.task}', the other '{other.task}'"
    if one.kind is TaskKind.NUMBER:
        return "they answer with numbers, which are compared by their errors (`rounds evaluate`)"
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
    chosen = operating.current(db, run.id, finding or 0)
    if chosen is not None and positive is None:
        return chosen.positive
    if positive is None and (run.kind is TaskKind.MULTI or len(run.classes) == 2):
        return 1
    raise InvalidInput(f"Run {run.id} has {len(run.classes)} classes; name the one that is yes against the rest: "
                       f"{', '.join(run.titles)}.")  # fmt: skip


def _asking(point: PointView, positive: int) -> PointView:
    """The point where it is of that class; else the usual one for it."""
    return point if point.positive == positive else PointView(None, point.run_id, point.finding, positive)


def _counted_as(first: PointView, second: PointView) -> PointView:
    return replace(second, level=first.level, patient_rule=first.patient_rule)


def _why_not(one: _Asked, other: _Asked, split: str) -> str:
    """Whether both were asked the same cases of the same patients with the same truth."""
    a, b = (_truths(side) for side in (one, other))
    mine, theirs = set(a), set(b)
    why = ""
    if mine != theirs:
        both = len(mine & theirs)
        why = (f"run {one.run.id} was asked {len(mine):,} cases, run {other.run.id} {len(theirs):,}, and only {both:,} "
               "are the same; predict the same split of the same dataset with both")  # fmt: skip
    elif differing := [case for case in a if a[case][0] != b[case][0]]:
        why = (f"{len(differing):,} of the cases have another truth in the dataset of run {other.run.id}, the first is "
               f"case {differing[0]}; train or predict on one dataset")  # fmt: skip
    elif moved := [case for case in a if a[case][1] != b[case][1]]:
        why = f"{len(moved):,} of the cases belong to another patient in the dataset of run {other.run.id}"
    return why and OTHER_CASES.format(first=one.run.id, second=other.run.id, split=split, why=why)


def _truths(side: _Asked) -> dict[int, tuple[bool, str]]:
    """By case: the truth and the patient, of the cases where it is known."""
    asked = scored.question(side.run, side.found, finding=side.finding, positive=side.point.positive)
    names = np.array(asked.patients)[asked.owner] if asked.patients else np.array([])
    return dict(zip(asked.cases.tolist(), zip(asked.truth.tolist(), names.tolist(), strict=True), strict=True))
