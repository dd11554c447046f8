"""Comparison of two runs on the same cases: differences of metrics, McNemar's test, and discordant cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.binary_metrics import threshold_estimates, threshold_free_estimates
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.confidence_intervals import difference_interval
from core.evaluation.delong import DeLongTest, delong_test
from core.evaluation.estimate import ONE_PATIENT, Estimate
from core.evaluation.mcnemar import McNemar, clustered_mcnemar, mcnemar
from core.evaluation.metric_value import RESAMPLED, MetricValue
from core.evaluation.metrics import ORDER, Bools
from core.evaluation.subgroup_gap import difference

Cases = NDArray[np.int64]
ALIKE = "No interval: the two runs have the same value on these cases."


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Result of comparing two runs: the first is the baseline, the second the run.

    `differences` are second minus first, on the same resamples of patients; `first` and `second` hold the metrics of
    the runs. `fixed` are the cases that only the second run predicts correctly, `broken` those that only the first
    does, `both_wrong` the rest, largest error first, by the case ids of the second run. `delong` is None where a class
    is absent or has a single patient; `note` says what was compared and why a test is missing.
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
    """Compare two runs, the baseline first, each at its own threshold.

    Raises:
        InvalidInput: the cases, their reference labels or their patients differ.
    """
    if reason := incompatibility(first, second):
        raise InvalidInput(reason)
    first, second = _ordered(first), _ordered(second)
    sides = [
        threshold_free_estimates(scored, resamples=resamples, seed=seed)
        | threshold_estimates(scored, threshold, resamples=resamples, seed=seed)
        for scored, threshold in zip((first, second), thresholds, strict=True)
    ]
    right = [
        scored.predicted_positive(threshold) == scored.truth
        for scored, threshold in zip((first, second), thresholds, strict=True)
    ]
    delong, why = _delong(first, second)
    unit = "patients" if first.level == "patient" else "cases"
    return Comparison(
        {name: _difference(sides[1][name], sides[0][name]) for name in ORDER},
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
    """Return why two runs cannot be compared, or '' where they can."""
    if first.level != second.level:
        return "One run is evaluated per case, the other per patient; choose the same level for both."
    keys, others = (np.asarray(_keys(side)) for side in (first, second))
    unmatched = [int((~np.isin(a, b)).sum()) for a, b in ((keys, others), (others, keys))]
    if any(unmatched):
        unit = "patients" if first.level == "patient" else "cases"
        return (
            f"The test sets differ: {unmatched[0]} of {len(keys)} {unit} are only in the first and {unmatched[1]} of "
            f"{len(others)} only in the second; predict both runs on the same dataset split."
        )
    first, second = _ordered(first), _ordered(second)
    if differing := int((first.truth != second.truth).sum()):
        return (
            f"The reference labels of {differing} of {len(keys)} cases differ between the two test sets; predict both "
            "runs on the same dataset."
        )
    if _patients(first) != _patients(second):
        return "The same cases have other patient IDs in the second test set; predict both runs on the same dataset."
    return ""


def _keys(scored: BinaryScores) -> Sequence[object]:
    """Return the row identifiers, which are patients at patient level, where two runs may pick different cases."""
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
    """Return first minus second."""
    n = min(first.cases, second.cases)
    if first.undefined or second.undefined:
        return MetricValue(None, None, None, n, first.undefined or second.undefined)
    value, carriers = first.value - second.value, min(first.n_patients, second.n_patients)
    if carriers < 2:
        return MetricValue(value, None, None, n, ONE_PATIENT)
    resampled = first.bootstrap - second.bootstrap
    scale = 2 if first.kind == "signed" else 1
    bounds = difference_interval(value / scale, resampled / scale, carriers=carriers)
    if bounds is not None:
        return MetricValue(value, bounds[0] * scale, bounds[1] * scale, n, method=RESAMPLED)
    if math.isclose(first.value, second.value, abs_tol=1e-12):
        return MetricValue(value, None, None, n, ALIKE)
    return _from_both(first, second, n)


def _from_both(first: Estimate, second: Estimate, n: int) -> MetricValue:
    """Return the difference of two estimates without bootstrap spread in their difference, such as 1 and 0.

    The correlation of the runs is unknown then and taken as 0.

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
    """Return the cases of the mask, those with the largest error of `wrong` first."""
    rows = np.flatnonzero(mask)
    margin = np.where(wrong.truth[rows], wrong.scores[rows], -wrong.scores[rows])
    return named.cases[rows[np.argsort(margin, kind="stable")]]
