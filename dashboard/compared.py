"""Two runs on the same cases, kept as long as neither is predicted or called anew."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.services import comparing, number_comparing, operating, runs
from core.services.comparing import Compared
from core.services.number_comparing import NumbersCompared
from core.services.points import PointView
from core.services.runs import RunView
from dashboard import asked, wiring
from dashboard.kept import kept
from dashboard.state import ListState
from db.vocabulary import TaskKind

CHANGES = {"fixed": "Set right", "broken": "Made wrong", "both_wrong": "Both wrong"}
NUMBER_CHANGES = {"further": "Error grew", "nearer": "Error shrank"}


def of(state: ListState) -> Compared:
    """The run's cases against those of the other one, which comes first.

    Raises:
        NotFound: no such run.
        InvalidInput: they cannot be compared; the sentence says why.
    """
    db = wiring.here().db
    run, other = runs.get(db, state.run), runs.get(db, state.other)
    finding = place(run, other, state)
    positive = state.positive if state.positive >= 0 else None
    # each run's own place of the finding: their lists may stand in another order
    places = (0, 0) if finding is None else (run.classes.index(other.classes[finding]), finding)
    points = repr([operating.current(db, one.id, at) for one, at in zip((run, other), places, strict=True)])
    stamps = *asked.stamped(run.id, state.split), *asked.stamped(other.id, state.split)
    return kept(
        (*stamps, "compared", finding, positive, points),
        lambda: comparing.compare(db, other.id, run.id, split=state.split, finding=finding, positive=positive),
    )


def of_numbers(state: ListState) -> NumbersCompared:
    """The same of runs that answer with numbers.

    Raises:
        NotFound: no such run.
        InvalidInput: they cannot be compared; the sentence says why.
    """
    stamps = *asked.stamped(state.run, state.split), *asked.stamped(state.other, state.split)
    return kept(
        (*stamps, "numbers compared"),
        lambda: number_comparing.compare(wiring.here().db, state.other, state.run, split=state.split),
    )


def lists(run: RunView, state: ListState) -> dict[str, NDArray[np.int64]]:
    """The cases that changed, by the word of the change."""
    if run.kind is TaskKind.NUMBER:
        told = of_numbers(state)
        return {name: getattr(told, name) for name in NUMBER_CHANGES}
    found = of(state).found
    return {name: getattr(found, name) for name in CHANGES}


def place(run: RunView, other: RunView, state: ListState) -> int | None:
    """Where the other run has the finding in question; None where a case has one answer.

    Raises:
        InvalidInput: it does not know that finding.
    """
    if run.kind is not TaskKind.MULTI:
        return None
    name = run.classes[min(state.finding, len(run.classes) - 1)]
    if name not in other.classes:
        raise InvalidInput(f"Run {other.id} does not know the finding {name}; choose one that both runs know.")
    return other.classes.index(name)


def counted_as(state: ListState, point: PointView) -> PointView:
    """The run's point as the comparison counts it: by case or by patient as the other's."""
    first = of(state).points[0]
    return replace(point, level=first.level, patient_rule=first.patient_rule)


def cases(state: ListState) -> NDArray[np.int64]:
    """The cases that the run set right, made wrong, or called wrong as the other did; of another word none.

    Of numbers those whose error grew or shrank, the most first.
    """
    found = lists(runs.get(wiring.here().db, state.run), state)
    return found.get(state.change, np.empty(0, dtype=np.int64))


def words(state: ListState) -> str:
    """Which of them, in words."""
    return {
        "fixed": f"set right by run {state.run}, called wrong by run {state.other}",
        "broken": f"called wrong by run {state.run}, right by run {state.other}",
        "further": f"error larger by run {state.run} than by run {state.other}",
        "nearer": f"error smaller by run {state.run} than by run {state.other}",
        "both_wrong": f"called wrong by runs {state.run} and {state.other}",
    }.get(state.change, "")
