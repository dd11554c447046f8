"""Two runs on the same cases: how far apart their figures are, whether they err alike, and on which cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.binary_metrics import ORDER, threshold_estimates, threshold_free_estimates
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.confidence_intervals import difference_interval
from core.evaluation.delong import DeLongTest, delong_test
from core.evaluation.estimate import Estimate
from core.evaluation.mcnemar import McNemar, clustered_mcnemar, mcnemar
from core.evaluation.metric_value import RESAMPLED, MetricValue
from core.evaluation.metrics import Bools
from core.evaluation.subgroup_gap import difference

Cases = NDArray[np.int64]
ALIKE = "No interval: on these cases the two runs do not differ in it."
ONE_PATIENT = "No interval: it rests on the cases of a single patient."


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """`differences` are first minus second, on the same resamples of patients; `first` and `second` the runs' figures.

    `fixed` the cases that only the second calls right, `broken` only the first, `both_wrong` neither: those furthest
    off first, by the id of the second run's cases. `delong` is None where a class is absent or of a single patient;
    `note` says what is compared, and why something is not.
    """

    differences: dict[str, MetricValue]
    first: dict[str, MetricValue]
    second: dict[str, MetricValue]
    delong: DeLongTest | None
    mcnemar: McNemar
    fixed: Cases
    broken: Cases
    both_wrong: Cases
    note: str


def compare(
    first: BinaryScores, second: BinaryScores, thresholds: tuple[float, float], *, resamples: int = 1000, seed: int = 0
) -> Comparison:
    """Of two runs, each at its own threshold.

    Raises:
        InvalidInput: the cases, their truths or their patients differ.
    """
    if reason := incompatibility(first, second):
        raise InvalidInput(reason)
    first, second = _ordered(first), _ordered(second)
    sides = [
        threshold_free_estimates(one, resamples=resamples, seed=seed)
        | threshold_estimates(one, threshold, resamples=resamples, seed=seed)
        for one, threshold in zip((first, second), thresholds, strict=True)
    ]
    right = [one.called(threshold) == one.truth for one, threshold in zip((first, second), thresholds, strict=True)]
    delong, why = _delong(first, second)
    unit = "patients" if first.level == "patient" else "cases"
    return Comparison(
        {name: _difference(sides[0][name], sides[1][name]) for name in ORDER},
        {name: sides[0][name].figure() for name in ORDER},
        {name: sides[1][name].figure() for name in ORDER},
        delong,
        _mcnemar(first, *right),
        _cases(first, ~right[0] & right[1], second),
        _cases(second, right[0] & ~right[1], second),
        _cases(second, ~right[0] & ~right[1], second),
        f"Both runs on the same {len(first.cases):,} {unit} of {len(first.patients):,} patients. {why}".strip(),
    )


def incompatibility(first: BinaryScores, second: BinaryScores) -> str:
    """Why two runs cannot be compared, in a sentence; '' where they can."""
    if first.level != second.level:
        return "One run is scored by case and the other by patient; choose one level for both."
    one, other = (np.asarray(_keys(side)) for side in (first, second))
    only = [int((~np.isin(a, b)).sum()) for a, b in ((one, other), (other, one))]
    if any(only):
        unit = "patients" if first.level == "patient" else "cases"
        return (
            f"The test sets differ: {only[0]} {unit} are only in the first and {only[1]} only in the second of "
            f"{len(one)} and {len(other)}; predict both runs on one snapshot's split."
        )
    first, second = _ordered(first), _ordered(second)
    if differing := int((first.truth != second.truth).sum()):
        return (
            f"The truth of {differing} of {len(one)} cases differs between the two test sets; predict both runs on "
            "one snapshot, so that both are judged by the same labels."
        )
    if _patients(first) != _patients(second):
        return "The same cases are of other patients in the second test set; predict both runs on one snapshot."
    return ""


def _keys(scored: BinaryScores) -> Sequence[object]:
    """What tells rows apart: the patient where a row is one, for which either run may let another case speak."""
    return _patients(scored) if scored.level == "patient" else scored.cases.tolist()


def _patients(scored: BinaryScores) -> list[str]:
    return [scored.patients[row] for row in scored.owner]


def _ordered(scored: BinaryScores) -> BinaryScores:
    order = np.argsort(np.asarray(_keys(scored)), kind="stable")
    names, owner = np.unique(np.asarray(_patients(scored))[order], return_inverse=True)
    return replace(
        scored,
        cases=scored.cases[order],
        scores=scored.scores[order],
        truth=scored.truth[order],
        owner=owner.astype(np.intp),
        patients=tuple(names.tolist()),
    )


def _difference(first: Estimate, second: Estimate) -> MetricValue:
    n = min(first.cases, second.cases)
    if first.undefined or second.undefined:
        return MetricValue(None, None, None, n, first.undefined or second.undefined)
    value, carriers = first.value - second.value, min(first.n_patients, second.n_patients)
    if carriers < 2:
        return MetricValue(value, None, None, n, ONE_PATIENT)
    apart = first.draws - second.draws
    reach = 2 if first.kind == "signed" else 1
    bounds = difference_interval(value / reach, apart / reach, carriers=carriers)
    if bounds is not None:
        return MetricValue(value, bounds[0] * reach, bounds[1] * reach, n, method=RESAMPLED)
    if math.isclose(first.value, second.value, abs_tol=1e-12):
        return MetricValue(value, None, None, n, ALIKE)
    return _from_both(first, second, n)


def _from_both(first: Estimate, second: Estimate, n: int) -> MetricValue:
    """Of two that differ alike on every resample, as 1 and 0 do: the correlation of the runs is not known, so it is 0.

    Source: Newcombe, Statistics in Medicine 17 (1998) 2635–2650, for paired proportions.
    """
    return replace(difference(first, second, shared=False)[0], n=n)


def _delong(first: BinaryScores, second: BinaryScores) -> tuple[DeLongTest | None, str]:
    owner = None if first.single else first.owner
    try:
        return delong_test(first.scores, second.scores, first.truth, owner), ""
    except InvalidInput as error:
        return None, str(error)


def _mcnemar(scored: BinaryScores, first: Bools, second: Bools) -> McNemar:
    if scored.single:
        return mcnemar(int((first & ~second).sum()), int((second & ~first).sum()))
    return clustered_mcnemar(first, second, scored.owner)


def _cases(wrong: BinaryScores, mask: Bools, named: BinaryScores) -> Cases:
    """The cases of the mask, those first that `wrong` scores furthest from their truth."""
    rows = np.flatnonzero(mask)
    far = np.where(wrong.truth[rows], wrong.scores[rows], -wrong.scores[rows])
    return named.cases[rows[np.argsort(far, kind="stable")]]
