"""Compare two runs on the same cases for the review: the differences, and the lists of cases that changed."""

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.services.evaluation import operating_points, regression_comparison, run_comparison
from core.services.evaluation.regression_comparison import NumbersCompared
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import CHOOSING_SPLIT, ReviewSource
from core.services.evaluation.run_comparison import Compared
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from core.services.training.runs import RunView
from db.vocabulary import TaskKind

CHANGES = {"fixed": "Fixed", "broken": "Broken", "both_wrong": "Both wrong"}
NUMBER_CHANGES = {"further": "Error increased", "nearer": "Error decreased"}
WORDS = {
    "fixed": "correct by run {run}, wrong by run {other}",
    "broken": "wrong by run {run}, correct by run {other}",
    "further": "larger error by run {run} than by run {other}",
    "nearer": "smaller error by run {run} than by run {other}",
    "both_wrong": "wrong by runs {run} and {other}",
}


def compare_classes(source: ReviewSource, query: ReviewQuery) -> Compared:
    """Compare two runs on the same cases; the query's other run is the baseline.

    Raises:
        NotFound: no such run.
        InvalidInput: the runs cannot be compared; the message gives the reason.
    """
    db = source.db
    run, other = runs.get(db, query.run), runs.get(db, query.other)
    finding = finding_position(run, other, query)
    positive = query.positive if query.positive >= 0 else None
    # The runs may list the finding at different positions.
    places = (0, 0) if finding is None else (run.classes.index(other.classes[finding]), finding)
    points = repr([operating_points.current(db, side.id, at) for side, at in zip((run, other), places, strict=True)])
    rule, threshold = query.one_rule
    # Rules are followed on validation, so what was compared holds as long as those predictions stay the same too.
    chosen_on = source.cached((run.id, other.id), CHOOSING_SPLIT, ("chosen on", points, query.rule), object)
    return source.cached(
        (run.id, other.id),
        query.split,
        ("compared", finding, positive, points, query.rule, chosen_on),
        lambda: run_comparison.compare(
            db, other.id, run.id, split=query.split, finding=finding, positive=positive, rule=rule, threshold=threshold
        ),
    )


def compare_errors(source: ReviewSource, query: ReviewQuery) -> NumbersCompared:
    """Compare the errors of runs that predict a number.

    Raises:
        NotFound: no such run.
        InvalidInput: the runs cannot be compared; the message gives the reason.
    """
    return source.cached(
        (query.run, query.other),
        query.split,
        "numbers compared",
        lambda: regression_comparison.compare(source.db, query.other, query.run, split=query.split),
    )


def changed_cases(source: ReviewSource, run: RunView, query: ReviewQuery) -> dict[str, NDArray[np.int64]]:
    """Return the ids of the cases that changed, by the name of the change."""
    if run.kind is TaskKind.NUMBER:
        numbers = compare_errors(source, query)
        return {name: getattr(numbers, name) for name in NUMBER_CHANGES}
    comparison = compare_classes(source, query).comparison
    return {name: getattr(comparison, name) for name in CHANGES}


def cases_with_change(source: ReviewSource, query: ReviewQuery) -> NDArray[np.int64]:
    """Return the ids of the cases with the query's change, the largest change of error first; none if unknown."""
    changed = changed_cases(source, runs.get(source.db, query.run), query)
    return changed.get(query.change, np.empty(0, dtype=np.int64))


def finding_position(run: RunView, other: RunView, query: ReviewQuery) -> int | None:
    """Return the finding's position in the other run; None if a case has one class.

    Raises:
        InvalidInput: the other run has no such finding.
    """
    if run.kind is not TaskKind.MULTI:
        return None
    name = run.classes[min(query.finding, len(run.classes) - 1)]
    if name not in other.classes:
        raise InvalidInput(f"Run {other.id} has no finding '{name}'; choose a finding that both runs have.")
    return other.classes.index(name)


def point_of_run(source: ReviewSource, query: ReviewQuery) -> PointView:
    """Return the operating point at which the comparison counts the run."""
    return compare_classes(source, query).counted[1]


def describe_change(query: ReviewQuery) -> str:
    """Describe the cases that the query's change selects."""
    return WORDS.get(query.change, "").format(run=query.run, other=query.other)
