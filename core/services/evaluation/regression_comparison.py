"""Two runs that answer with numbers, on the same cases: how far their errors are apart, and which cases moved."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.regression_comparison import RegressionComparison, compare_regressions
from core.evaluation.regression_comparison import incompatibility as reason
from core.services.annotation import tasks
from core.services.predictions import score_arrays
from core.services.training import runs
from db import Database
from db.vocabulary import TaskKind


@dataclass(frozen=True, slots=True, eq=False)
class NumbersCompared:
    """Two runs on a split of `patients`; `measure` is the unit of their numbers.

    `nearer` are the cases (by id) to which the second run comes nearer, `further` those from which it is further off,
    those where the error changed most first.
    """

    first: int
    second: int
    split: str
    measure: str
    patients: int
    found: RegressionComparison
    nearer: NDArray[np.int64]
    further: NDArray[np.int64]

    @property
    def note(self) -> str:
        """What is compared, and how."""
        told = self.found.first
        return (
            f"Both runs on the same {told.images:,} cases of {self.patients:,} patients; intervals resample whole "
            f"patients {told.resamples:,} times, the same ones for both runs."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, without NaN."""
        sides = {"first": self.found.first.metrics, "second": self.found.second.metrics}
        return {
            "runs": [self.first, self.second],
            "split": self.split,
            "measure": self.measure,
            "note": self.note,
            **{
                name: {key: one.to_json() for key, one in figures.items()}
                for name, figures in {"differences": self.found.differences, **sides}.items()
            },
            "nearer": self.nearer.tolist(),
            "further": self.further.tolist(),
        }


def compare(
    db: Database, first: int, second: int, *, split: str = "test", resamples: int = 1000, seed: int = 0
) -> NumbersCompared:
    """Compare the errors of two runs of a task that asks for a number.

    Raises:
        NotFound: no such run.
        InvalidInput: `refusal` says why, or one has no prediction of the split.
    """
    if why := refusal(db, first, second, split=split):
        raise InvalidInput(why)
    one, other = (score_arrays.score_arrays(db, run, split) for run in (first, second))
    found = compare_regressions(
        one.scores[:, 0], other.scores[:, 0], one.truths[:, 0], one.names(), resamples=resamples, seed=seed
    )
    measure = tasks.get(db, runs.get(db, first).task_id).measure
    return NumbersCompared(
        first, second, split, measure, len(one.patients), found, one.cases[found.nearer], one.cases[found.further]
    )


def refusal(db: Database, first: int, second: int, *, split: str = "test") -> str:
    """Why the errors of two runs cannot be compared on a split, "" where they can.

    Raises:
        NotFound: no such run.
    """
    sides = runs.get(db, first), runs.get(db, second)
    cannot = f"Runs {first} and {second} cannot be compared on the {split} split, for "
    if sides[0].task_id != sides[1].task_id:
        return f"{cannot}one answers task '{sides[0].task}', the other '{sides[1].task}'."
    if sides[0].kind is not TaskKind.NUMBER:
        return f"{cannot}they answer with {sides[0].kind.value}, not with numbers."
    try:
        one, other = (score_arrays.score_arrays(db, run, split) for run in (first, second))
    except InvalidInput as error:
        return str(error)
    why = reason((one.cases, other.cases), (one.truths[:, 0], other.truths[:, 0]), (one.names(), other.names()))
    return why and cannot + why[:1].lower() + why[1:]
