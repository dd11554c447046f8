"""Two runs on the same cases, kept as long as neither is predicted or called anew."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.services import comparing, operating, runs
from core.services.comparing import Compared
from core.services.points import PointView
from core.services.runs import RunView
from dashboard import asked, wiring
from dashboard.kept import kept
from dashboard.state import ListState
from db.vocabulary import TaskKind

CHANGES = {"fixed": "Set right", "broken": "Made wrong", "both_wrong": "Both wrong"}


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
    points = repr([operating.current(db, one.id, state.finding) for one in (run, other)])
    stamps = *asked.stamped(run.id, state.split), *asked.stamped(other.id, state.split)
    return kept((*stamps, "compared", finding, positive, points), lambda: comparing.compare(
        db, other.id, run.id, split=state.split, finding=finding, positive=positive
    ))  # fmt: skip


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
    """The cases that the run set right, made wrong, or called wrong as the other did; of another word none."""
    if state.change not in CHANGES:
        return np.empty(0, dtype=np.int64)
    found: NDArray[np.int64] = getattr(of(state).found, state.change)
    return found


def words(state: ListState) -> str:
    """Which of them, in words."""
    return {
        "fixed": f"set right by run {state.run}, called wrong by run {state.other}",
        "broken": f"called wrong by run {state.run}, right by run {state.other}",
        "both_wrong": f"called wrong by runs {state.run} and {state.other}",
    }.get(state.change, "")
