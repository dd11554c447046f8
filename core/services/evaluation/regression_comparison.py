"""Compare two runs that predict a number on the same cases: differences of error, and the cases that changed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import change
from core.evaluation.regression_comparison import RegressionComparison, compare_regressions
from core.evaluation.regression_comparison import incompatibility as reason
from core.services.annotation import tasks
from core.services.evaluation.run_comparison import minus_baseline
from core.services.predictions import score_arrays
from core.services.training import runs
from db import Database
from db.vocabulary import TaskKind


@dataclass(frozen=True, slots=True, eq=False)
class NumbersCompared:
    """The comparison of two runs on a split, the first as the baseline; `measure` is the unit of their numbers.

    `nearer` are the ids of cases where the second run has the smaller error, `further` where it has the larger one,
    the largest change first.
    """

    first: int
    second: int
    split: str
    measure: str
    patients: int
    comparison: RegressionComparison
    nearer: NDArray[np.int64]
    further: NDArray[np.int64]

    @property
    def note(self) -> str:
        """The cases compared, and how the intervals were computed."""
        report = self.comparison.first
        return (
            f"Both runs on the same {report.images:,} cases of {self.patients:,} patients; intervals by a paired "
            f"patient-level bootstrap ({report.resamples:,} resamples)."
        )

    def changes(self) -> dict[str, str]:
        """Return how the run compares with the baseline, by metric."""
        return {name: change(name, figure) for name, figure in self.comparison.differences.items()}

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without NaN; `differences` are baseline − run, `run_minus_baseline` the other way."""
        differences = self.comparison.differences
        sides = {"first": self.comparison.first.metrics, "second": self.comparison.second.metrics}
        return {
            "baseline": self.first,
            "run": self.second,
            "run_minus_baseline": minus_baseline(differences, self.changes()),
            "runs": [self.first, self.second],
            "split": self.split,
            "measure": self.measure,
            "note": self.note,
            "differences": {key: value.negated().to_json() for key, value in differences.items()},
            **{name: {key: value.to_json() for key, value in figures.items()} for name, figures in sides.items()},
            "nearer": self.nearer.tolist(),
            "further": self.further.tolist(),
        }


def compare(
    db: Database, first: int, second: int, *, split: str = "test", resamples: int = 1000, seed: int = 0
) -> NumbersCompared:
    """Compare the errors of two runs of a task about a number, the first as the baseline.

    Raises:
        NotFound: no such run.
        InvalidInput: see `refusal`, or a run has no predictions on the split.
    """
    if why := refusal(db, first, second, split=split):
        raise InvalidInput(why)
    reference, other = (score_arrays.score_arrays(db, run, split) for run in (first, second))
    comparison = compare_regressions(
        reference.scores[:, 0],
        other.scores[:, 0],
        reference.truths[:, 0],
        reference.names(),
        resamples=resamples,
        seed=seed,
    )
    measure = tasks.get(db, runs.get(db, first).task_id).measure
    return NumbersCompared(
        first,
        second,
        split,
        measure,
        len(reference.patients),
        comparison,
        reference.cases[comparison.nearer],
        reference.cases[comparison.further],
    )


def refusal(db: Database, first: int, second: int, *, split: str = "test") -> str:
    """Return why the errors of two runs cannot be compared on a split; "" if they can.

    Raises:
        NotFound: no such run.
    """
    sides = runs.get(db, first), runs.get(db, second)
    cannot = f"Runs {first} and {second} cannot be compared on the {split} split: "
    if sides[0].task_id != sides[1].task_id:
        return f"{cannot}they belong to different tasks ('{sides[0].task}' and '{sides[1].task}')."
    if sides[0].kind is not TaskKind.NUMBER:
        return f"{cannot}they predict {sides[0].kind.value}, not a number."
    try:
        reference, other = (score_arrays.score_arrays(db, run, split) for run in (first, second))
    except InvalidInput as error:
        return str(error)
    why = reason(
        (reference.cases, other.cases), (reference.truths[:, 0], other.truths[:, 0]), (reference.names(), other.names())
    )
    return why and cannot + why[:1].lower() + why[1:]
