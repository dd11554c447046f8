"""For which groups of a split a run does worse: by every fact of its cases, and by pairs of them."""

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

SKIPPED = ("split",)  # what says nothing of a case itself
MOST = 12  # values of one fact: with more, and none that is frequent, it names cases rather than groups them
MOSTLY_WITHIN = 0.9  # share of patients from which on a fact that differs within them is of a case, not of a patient
NONE = (
    "Nothing that is known of these cases tells groups apart; import them with a CSV of metadata (site, sex, age, "
    "view, device) to look at groups."
)


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups, worst first, of the figure at the point. `facts` were looked at, `left_out` say why others were not.

    `point` is None of numbers. `words` is a sentence where there are no groups.
    """

    rows: tuple[Subgroup, ...]
    figure: str
    point: PointView | None
    facts: tuple[str, ...]
    left_out: Mapping[str, str]
    words: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without NaN."""
        return {
            "figure": self.figure,
            "point": self.point and self.point.to_json(),
            "facts": list(self.facts),
            "left_out": dict(self.left_out),
            "words": self.words,
            "groups": [{**asdict(one), "facts": dict(one.facts)} for one in self.rows],
        }


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
    """The groups of a split at the run's operating point (or `point`), by every fact or by `only` those.

    Ages and many sizes are put in bands; of a fact with very many values the rarer ones are one group. A fact with one
    value, or with more than MOST of which none is frequent, is left out and said to be. Where the point calls patients,
    a patient has the facts of all of its cases of the split, SEVERAL where those differ.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted, the run answers with a number, or an unknown figure or fact.
    """
    point = point or operating_points.current_or_default(db, run_id, finding or 0)
    run, found = runs.get(db, run_id), score_arrays.score_arrays(db, run_id, split)
    asked = score_arrays.class_scores(run, found, finding=finding, point=point)
    told = banded_facts(db, asked.cases, found if point.per_patient else None)
    kept, left_out = _facts(run_id, told, asked.truth, only)
    rows = subgroups(asked, point.threshold, kept, figure=figure, pairs=pairs, resamples=resamples, seed=seed)
    return Groups(tuple(rows), figure, point, tuple(kept), left_out, "" if rows else NONE)


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
    """The same of a run that answers with numbers: mae, rmse or bias of each group, in the number's unit; of images, or
    of each patient's means, with the facts of all of its cases.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted, or an unknown figure or fact.
    """
    found = score_arrays.score_arrays(db, run_id, split)
    held = score_arrays.patient_means(found) if per_patient else found
    told, true = held.scores[:, 0], held.truths[:, 0]
    kept, left_out = _facts(run_id, banded_facts(db, held.cases, found if per_patient else None), true, only)
    owners = PatientIndex(held.owner, len(held.patients))
    rows = regression_subgroups(told, true, owners, kept, figure=figure, pairs=pairs, resamples=resamples, seed=seed)
    return Groups(tuple(rows), figure, None, tuple(kept), left_out, "" if rows else NONE)


def _facts(
    run_id: int, told: Mapping[str, Sequence[str]], truth: Bools | Floats, only: Sequence[str]
) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """The facts to look at, by name with the value of each row; and why others are left out."""
    if strange := [name for name in only if name not in told]:
        raise InvalidInput(f"No case of run {run_id} has a fact '{strange[0]}'; its facts are: {', '.join(told)}.")
    named = {name: values for name, values in told.items() if name in only or not only}
    left_out = {name: why for name, values in named.items() if (why := _why_not(name, values, truth))}
    return {name: values for name, values in named.items() if name not in left_out}, left_out


def _why_not(name: str, values: Sequence[str], truth: Bools | Floats) -> str:
    counts = Counter(values)
    known = {value: count for value, count in counts.items() if value not in (UNKNOWN, SEVERAL)}
    truths = truth.tolist()
    if name in SKIPPED:
        return "it says nothing of the case itself"
    if counts[SEVERAL] > MOSTLY_WITHIN * len(values):
        return f"it differs within {counts[SEVERAL]:,} of {len(values):,} patients"
    if len(counts) < 2:
        return f"every case has the same ({next(iter(values), UNKNOWN)})"
    if len(known) > MOST and max(known.values()) < LEAST_CASES:
        return f"it has {len(known):,} values, none of them of {LEAST_CASES} cases"
    # where the truth is one for all, every fact would be
    if len(set(truths)) > 1 and len(set(zip(values, truths, strict=True))) == len(counts):
        return "it is the answer itself: all cases of one value have the same truth"
    return ""
