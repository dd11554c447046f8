"""Report a run's metrics by subgroup: for every metadata column of its cases, and for pairs of columns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput
from core.evaluation.estimate import PatientIndex
from core.evaluation.metadata_binning import MIXED as SEVERAL
from core.evaluation.metadata_binning import UNKNOWN
from core.evaluation.metrics import Bools, Floats
from core.evaluation.regression_subgroups import regression_subgroups
from core.evaluation.subgroups import LEAST_CASES, Subgroup, subgroups
from core.services.evaluation import operating_points
from core.services.evaluation.metadata_columns import banded_facts
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database

SKIPPED = ("split",)  # columns that do not describe the case itself
MOST = 12  # values of a column: one with more, none of them frequent, identifies cases rather than groups them
MOSTLY_WITHIN = 0.9  # share of patients with several values from which a column describes cases, not patients
NONE = (
    "These cases have no metadata to form subgroups; import them with a CSV of metadata (site, sex, age, view, device)."
)


@dataclass(frozen=True, slots=True)
class Groups:
    """The subgroups of a metric, worst first; `facts` are the columns used, `left_out` why others were not.

    `point` is None for numbers. `words` is a message if there are no subgroups.
    """

    rows: tuple[Subgroup, ...]
    figure: str
    point: PointView | None
    facts: tuple[str, ...]
    left_out: Mapping[str, str]
    words: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without NaN."""
        return {
            "figure": self.figure,
            "point": self.point and self.point.to_json(),
            "facts": list(self.facts),
            "left_out": dict(self.left_out),
            "words": self.words,
            "groups": [_row_json(row) for row in self.rows],
        }


def _row_json(row: Subgroup) -> dict[str, Any]:
    metrics = {name: getattr(row, name).to_json() for name in ("figure", "rest", "gap")}
    return {**asdict(row), **metrics, "facts": dict(row.facts)}


def subgroup_report(
    db: Database,
    run_id: int,
    *,
    split: str = "test",
    finding: int | None = None,
    figure: str = "auroc",
    pairs: bool = True,
    point: PointView | None = None,
    only: Sequence[str] = (),
    resamples: int = 1000,
    seed: int = 0,
) -> Groups:
    """Return the subgroups of a split at the run's operating point (or `point`), by all columns or `only` some.

    Ages and image sizes are binned; rare values of a column form one group. A column with one value, or with more than
    MOST values none of which is frequent, is left out with the reason. If the point counts patients, a patient's value
    comes from all of the patient's cases in the split, SEVERAL if they differ.

    Raises:
        NotFound: no such run.
        InvalidInput: the split has no predictions, the run predicts a number, or an unknown metric or column.
    """
    point = point or operating_points.current_or_default(db, run_id, finding or 0)
    run, arrays = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    scores = score_arrays.class_scores(run, arrays, finding=finding, point=point)
    columns = banded_facts(db, scores.cases, arrays if point.per_patient else None)
    used, left_out = _facts(run_id, columns, scores.truth, only)
    rows = subgroups(scores, point.threshold, used, figure=figure, pairs=pairs, resamples=resamples, seed=seed)
    return Groups(tuple(rows), figure, point, tuple(used), left_out, "" if rows else NONE)


def regression_subgroup_report(
    db: Database,
    run_id: int,
    *,
    split: str = "test",
    figure: str = "mae",
    pairs: bool = True,
    only: Sequence[str] = (),
    per_patient: bool = False,
    resamples: int = 1000,
    seed: int = 0,
) -> Groups:
    """Return the subgroups of a run about a number: MAE, RMSE or bias of each group, per image or patient mean.

    Raises:
        NotFound: no such run.
        InvalidInput: the split has no predictions, or an unknown metric or column.
    """
    arrays = score_arrays.score_arrays(db, run_id, split)
    counted = score_arrays.patient_means(arrays) if per_patient else arrays
    predicted, true = counted.scores[:, 0], counted.truths[:, 0]
    used, left_out = _facts(run_id, banded_facts(db, counted.cases, arrays if per_patient else None), true, only)
    owners = PatientIndex(counted.owner, len(counted.patients))
    rows = regression_subgroups(
        predicted, true, owners, used, figure=figure, pairs=pairs, resamples=resamples, seed=seed
    )
    return Groups(tuple(rows), figure, None, tuple(used), left_out, "" if rows else NONE)


def _facts(
    run_id: int, columns: Mapping[str, Sequence[str]], truth: Bools | Floats, only: Sequence[str]
) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """Return the columns to use, by name with the value of each row, and why others are left out."""
    if unknown := [name for name in only if name not in columns]:
        raise InvalidInput(
            f"The cases of run {run_id} have no metadata column '{unknown[0]}'; choose one of: {', '.join(columns)}."
        )
    named = {name: values for name, values in columns.items() if name in only or not only}
    left_out = {name: why for name, values in named.items() if (why := _why_not(name, values, truth))}
    return {name: values for name, values in named.items() if name not in left_out}, left_out


def _why_not(name: str, values: Sequence[str], truth: Bools | Floats) -> str:
    counts = Counter(values)
    known = {value: count for value, count in counts.items() if value not in (UNKNOWN, SEVERAL)}
    truths = truth.tolist()
    if name in SKIPPED:
        return "it does not describe the case itself"
    if counts[SEVERAL] > MOSTLY_WITHIN * len(values):
        return f"it differs within {counts[SEVERAL]:,} of {len(values):,} patients"
    if len(counts) < 2:
        return f"every case has the same value ({next(iter(values), UNKNOWN)})"
    if len(known) > MOST and max(known.values()) < LEAST_CASES:
        return f"it has {len(known):,} values, none of them with {LEAST_CASES} cases"
    # if all cases have the same reference label, every column would look like it
    if len(set(truths)) > 1 and len(set(zip(values, truths, strict=True))) == len(counts):
        return "it is the label itself: all cases of one value have the same reference label"
    return ""
