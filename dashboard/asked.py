"""What a page asks of a run's cases: arrays read once, the operating point they are called at, the cases of a mark."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.scored import Scored
from core.services import operating, predicting, scored
from core.services.facts import of_rows
from core.services.points import PointView
from core.services.runs import RunView
from core.services.scored import Columns
from dashboard import wiring
from dashboard.kept import kept
from dashboard.state import ListState
from db.vocabulary import Level, PatientRule, TaskKind

LEVELS = {
    "image": "Each image",
    "max": "Each patient, highest score",
    "mean": "Each patient, mean score",
    "noisy_or": "Each patient, noisy-or",
}
NUMBER_LEVELS = {"image": "Each image", "mean": "Each patient, mean number"}
SCALES = {"plain": "As predicted", "temperature": "Temperature", "isotonic": "Isotonic"}
TRIES = "val"  # the split on which an operating point may be chosen

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Asked:
    """The cases of a question: true and called class, score and how wrong, (n,) each; of a number truth is -1.

    `scored` is None where all of many classes are asked for at once, and of a number. `point` is what the cases are
    called at, `stands` what is stored; they differ while another one is tried.
    """

    run: RunView
    state: ListState
    titles: tuple[str, ...]
    cases: NDArray[np.int64]
    truth: Rows
    called: Rows
    score: NDArray[np.float64]
    wrong: NDArray[np.float64]
    scored: Scored | None = None
    point: PointView | None = None
    stands: PointView | None = None

    @property
    def threshold(self) -> float:
        """From which score the answer is yes."""
        return self.point.threshold if self.point else 0.5

    @property
    def finding(self) -> int | None:
        """Which finding is asked for, None where a case has one answer."""
        return self.state.finding if self.run.kind is TaskKind.MULTI else None

    @property
    def tried(self) -> bool:
        """Whether the point is another than the one that stands."""
        return self.point != self.stands

    @property
    def unit(self) -> str:
        """What a row is."""
        return "patient" if (self.point and self.point.per_patient) or by_patient(self.run, self.state) else "case"

    def matrix(self) -> list[list[int]]:
        """Rows by true class (row) and called class (column)."""
        many = len(self.titles)
        flat = np.bincount(self.truth * many + self.called, minlength=many * many)
        table: list[list[int]] = flat.reshape(many, many).tolist()
        return table


def of(run: RunView, state: ListState) -> Asked:
    """The cases that a state asks for, called at the point that stands or that it tries.

    Raises:
        InvalidInput: the split was not predicted yet.
    """
    if run.kind is TaskKind.NUMBER:
        return _number(run, state, numbers(run, state))
    if run.kind is not TaskKind.MULTI and len(run.titles) > 2 and not 0 <= state.positive < len(run.titles):
        return _all(run, state, columns(run.id, state.split))
    stands = standing(run, state)
    point = compared_as(state, stands) if state.change else tried(run, state, stands)
    found = question(run, state.split, point)
    called = found.called(point.threshold)
    return Asked(
        run,
        state,
        titles(run, state),
        found.cases,
        found.truth.astype(np.intp),
        called.astype(np.intp),
        found.scores,
        np.where(found.truth, 1.0 - found.scores, found.scores),
        found,
        point,
        stands,
    )


def listed(asked: Asked, state: ListState) -> Rows:
    """The rows that a mark of the state opens (all without one), most wrong first.

    Numbers that two runs give differently stand by how much their error changed.
    """
    held = np.ones(len(asked.cases), dtype=bool)
    if state.truth >= 0:
        held &= (asked.truth == state.truth) & (asked.called == state.called)
    if state.between is not None:
        low, high = state.between
        # a span ends before the next one begins; the last one holds its end, and so does one of a single value
        held &= (asked.score >= low) & ((asked.score <= high) if high in (1.0, low) else (asked.score < high))
    if state.group:
        held &= in_group(asked, state.group)
    if state.change:
        held &= np.isin(asked.cases, changed(state))
    rows = np.flatnonzero(held)
    if state.change and asked.run.kind is TaskKind.NUMBER:
        places = {case: at for at, case in enumerate(changed(state).tolist())}
        return rows[np.argsort([places[case] for case in asked.cases[rows].tolist()], kind="stable")]
    return rows[np.lexsort((asked.cases[rows], -asked.wrong[rows]))]


def titles(run: RunView, state: ListState) -> tuple[str, ...]:
    """What no and yes are called, or every class."""
    if run.kind is TaskKind.MULTI:
        return run.about(state.finding).titles
    if len(run.titles) > 2 and 0 <= state.positive < len(run.titles):
        yes = run.titles[state.positive]
        return f"not {yes}", yes
    return run.titles


def standing(run: RunView, state: ListState) -> PointView:
    """The point that is stored for the question, else the usual one."""
    multi = run.kind is TaskKind.MULTI
    finding = state.finding if multi else 0
    positive = 1 if multi or len(run.titles) == 2 else state.positive
    found = operating.current(wiring.here().db, run.id, finding)
    return found if found and found.positive == positive else PointView(None, run.id, finding, positive)


def tried(run: RunView, state: ListState, stands: PointView) -> PointView:
    """The point with what the state tries instead; on validation only, elsewhere what stands is locked.

    Where other scores are tried without a threshold, the rule that found the old one looks for it anew.
    """
    if state.split != TRIES:
        return stands
    changed: dict[str, Any] = {}
    if state.level in LEVELS:
        per_patient = state.level != "image"
        changed["level"] = Level.PATIENT if per_patient else Level.IMAGE
        changed["patient_rule"] = PatientRule(state.level) if per_patient else PatientRule.NONE
    if state.scale in SCALES and state.scale != scale(stands):
        changed["calibrator"] = None if state.scale == "plain" else fitted(run, stands, state.scale)
    if 0 <= state.at <= 1:
        changed |= {"threshold": state.at, "rule": {"kind": "threshold"}}
    if all(getattr(stands, name) == one for name, one in changed.items()):
        return stands
    return replace(stands, **changed) if "threshold" in changed else _anew(run, replace(stands, **changed))


def level(point: PointView) -> str:
    """A word of LEVELS."""
    return point.patient_rule.value if point.per_patient else "image"


def scale(point: PointView) -> str:
    """A word of SCALES."""
    return str(point.calibrator["method"]) if point.calibrator else "plain"


def fitted(run: RunView, point: PointView, method: str) -> dict[str, Any]:
    """A calibrator's JSON, fitted on the validation split."""
    from core.evaluation.calibration import fit

    def make() -> dict[str, Any]:
        plain = scored.question(run, columns(run.id, TRIES), finding=point.finding, positive=point.positive)
        return fit(method, plain).to_json()

    return kept((*stamped(run.id, TRIES), "fitted", point.finding, point.positive, method), make)


def columns(run_id: int, split: str) -> Columns:
    """What a run says of a split, kept as long as its predictions stay the same."""
    return kept((*stamped(run_id, split), "columns"), lambda: scored.columns(wiring.here().db, run_id, split))


def by_patient(run: RunView, state: ListState) -> bool:
    """Whether a number is counted once for each patient; a comparison counts images."""
    return run.kind is TaskKind.NUMBER and state.level == "mean" and not state.change


def numbers(run: RunView, state: ListState) -> Columns:
    """The numbers of each image, or the means of each patient."""
    found = columns(run.id, state.split)
    if not by_patient(run, state):
        return found
    return kept((*stamped(run.id, state.split), "patients"), lambda: scored.of_patients(found))


def question(run: RunView, split: str, point: PointView) -> Scored:
    """One yes/no question, kept likewise."""
    of_point = point.finding, point.positive, level(point), repr(point.calibrator)
    return kept(
        (*stamped(run.id, split), "question", *of_point),
        lambda: scored.question(
            run, columns(run.id, split), finding=point.finding, positive=point.positive, point=point
        ),
    )


def facts(asked: Asked) -> Mapping[str, NDArray[np.str_]]:
    """What is known of each row, by name of the fact; "unknown" where nothing is.

    A patient has what all of its cases of the split have, whichever of them speaks for it.
    """
    db, run, split, cases = wiring.here().db, asked.run.id, asked.state.split, asked.cases

    def make() -> Mapping[str, NDArray[np.str_]]:
        found = of_rows(db, cases, columns(run, split) if asked.unit == "patient" else None)
        return {name: np.array(values) for name, values in found.items()}

    return kept((*stamped(run, split), "facts", asked.unit, cases.tobytes()), make)


def in_group(asked: Asked, group: str) -> NDArray[np.bool_]:
    """Which rows belong to a group such as `site=A&sex=F`; none where a fact is not known by name."""
    from urllib.parse import parse_qsl

    from core.evaluation.slices import folded

    known, held = facts(asked), np.ones(len(asked.cases), dtype=bool)
    for name, value in parse_qsl(group, keep_blank_values=True):
        held &= folded(known[name]) == value if name in known else False
    return held


def compared_as(state: ListState, stands: PointView) -> PointView:
    """The point as a comparison with a second run counts it."""
    from dashboard import compared

    return compared.counted_as(state, stands)


def changed(state: ListState) -> NDArray[np.int64]:
    """The cases that a second run changed in the way that the state names."""
    from dashboard import compared

    return compared.cases(state)


def _anew(run: RunView, point: PointView) -> PointView:
    """The point with the threshold that its rule finds for these scores; by hand where no threshold keeps the rule."""
    from core.evaluation.operating_point import threshold_for

    if "at_least" not in point.rule:
        return point
    try:
        found = threshold_for(question(run, TRIES, point), **{point.rule["kind"]: point.rule["at_least"]})
    except InvalidInput:
        return replace(point, rule={"kind": "threshold"})
    return replace(point, threshold=found)


def _number(run: RunView, state: ListState, held: Columns) -> Asked:
    told, true = held.scores[:, 0], held.truths[:, 0]
    nothing = np.full(len(told), -1, dtype=np.intp)
    return Asked(run, state, (), held.cases, nothing, nothing, told, np.abs(told - true))


def _all(run: RunView, state: ListState, held: Columns) -> Asked:
    given = held.scores[np.arange(len(held.labels)), held.labels]
    called = np.argmax(held.scores, axis=1).astype(np.intp)
    return Asked(run, state, run.titles, held.cases, held.labels, called, given, 1.0 - given)


def stamped(run_id: int, split: str) -> tuple[Any, ...]:
    """What names a split's predictions as they stand: what was made of them may be kept under it."""
    wired = wiring.here()
    return str(wired.settings.home), run_id, split, *predicting.stamp(wired.db, run_id, split)
