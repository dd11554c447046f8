"""Subgroups in which predicted numbers have larger errors: each group against all other cases, worst first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import InvalidInput
from core.evaluation import slices
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.confidence_intervals import LEVEL, normal_quantile, standard_error, student_quantile
from core.evaluation.estimate import PatientIndex
from core.evaluation.metric_value import RESAMPLED, MetricValue
from core.evaluation.metrics import Bools, Floats
from core.evaluation.regression import BOUNDS, NO_SPREAD, is_constant
from core.evaluation.slices import Facts, Partition, partitions
from core.evaluation.subgroup_gap import two_sided_p
from core.evaluation.subgroups import LEAST_CASES, UNBOUNDED, Subgroup, holm_adjusted

FIGURES = ("mae", "rmse", "bias")
AMOUNTS = {
    "mae": np.abs,
    "rmse": np.square,
    "bias": np.positive,
}  # applied to each error; their mean is the metric (for rmse: its square)

ONE_SIDED = "No interval and no test: all resamples of the patients give one side the same value."


@dataclass(frozen=True, slots=True)
class _Side:
    """A group, or all other cases: the metric, its values on resamples (resamples,), patients and cases.

    `even`: all its patients have the same error, so resamples do not differ.
    """

    value: float
    draws: Floats
    patients: int
    cases: int
    even: bool


def regression_subgroups(
    predicted: Floats,
    truth: Floats,
    index: PatientIndex,
    facts: Mapping[str, Sequence[str]],
    *,
    figure: str = "mae",
    pairs: bool = True,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Subgroup]:
    """Return groups of cases by one column, and by two where not thin, on the same resamples of patients.

    The groups with the most significant excess error come first (for a bias: the most significant difference), thin
    ones last. Takes predicted and true values (n,); `facts` hold one value per case (n,). The gap is group minus rest,
    ± t · (its standard deviation over resamples of whole patients), with Student's t and the patients of the smaller
    side − 1 degrees of freedom. Where the resamples of a side do not differ, it has no interval, and the gap neither
    interval nor test: 25 cases with one identical error do not predict the next one.

    Raises:
        InvalidInput: an unknown metric, no cases, or a column without a value for every case.
    """
    if figure not in FIGURES:
        raise InvalidInput(f"Unknown metric '{figure}' for subgroups of a number; choose one of {', '.join(FIGURES)}.")
    if not len(predicted):
        raise InvalidInput("No cases to divide into subgroups; predict this split first, or choose another.")
    single = partitions(facts, len(predicted))
    all_partitions = single + (slices.pairwise_partitions(single, LEAST_CASES) if pairs else [])
    measured = list(_measured(predicted - truth, index, all_partitions, figure, resamples=resamples, seed=seed))
    groups = holm_adjusted([group for group, _ in measured])
    z_scores = {group.facts: z_score for group, (_, z_score) in zip(groups, measured, strict=True)}
    return sorted(groups, key=lambda group: _sort_key(group, z_scores[group.facts], figure))


def _measured(
    error: Floats, index: PatientIndex, all_partitions: Sequence[Partition], figure: str, *, resamples: int, seed: int
) -> Iterator[tuple[Subgroup, float | None]]:
    """Yield each group with its gap in standard errors."""
    total = _patient_sums(error, index, np.ones(len(error), dtype=bool), figure)
    resampled_total = resampled_sums(total, resamples=resamples, seed=seed)
    for partition in all_partitions:
        masks = [partition.group == g for g in range(len(partition.facts))]
        sums = [_patient_sums(error, index, mask, figure) for mask in masks]
        resampled = np.split(resampled_sums(np.concatenate(sums), resamples=resamples, seed=seed), len(masks))
        for facts, group_sums, on_resamples in zip(partition.facts, sums, resampled, strict=True):
            sides = (
                _side(group_sums, on_resamples, figure),
                _side(total - group_sums, resampled_total - on_resamples, figure),
            )
            yield _subgroup(facts, *sides, figure)


def _patient_sums(error: Floats, index: PatientIndex, mask: Bools, figure: str) -> Floats:
    """Return each patient's sum of amounts and number of cases (2, patients)."""
    return np.stack([index.total(AMOUNTS[figure](error) * mask), index.sizes(mask)])


def _side(amounts: Floats, resampled: Floats, figure: str) -> _Side:
    """Return one side from the sums per patient (2, patients) and on resamples (2, resamples)."""
    total = amounts.sum(axis=1, keepdims=True)
    observed, on_resamples = (_mean(summed, cases, figure) for summed, cases in (total, resampled))
    present = amounts[1] > 0
    patient_means = amounts[0, present] / amounts[1, present]
    # not by the spread over resamples: for errors of 0, the square root of rounding errors exceeds the tolerance
    is_even = bool(present.sum() > 1 and is_constant(float(np.ptp(patient_means)), float(np.abs(patient_means).max())))
    return _Side(float(observed[0]), on_resamples, int(present.sum()), int(amounts[1].sum()), is_even)


def _mean(amounts: Floats, cases: Floats, figure: str) -> Floats:
    mean = divide(amounts, cases)
    if figure == "bias":
        return mean
    mean = np.maximum(mean, 0.0)  # subtracting the group from the total may leave a tiny negative number
    return np.sqrt(mean) if figure == "rmse" else mean


def _subgroup(facts: Facts, group: _Side, rest: _Side, figure: str) -> tuple[Subgroup, float | None]:
    gap, n = group.value - rest.value, group.cases + rest.cases
    reach = _half_width(group.draws - rest.draws, min(group.patients, rest.patients))
    even = group.even or rest.even
    z_score = gap * normal_quantile(LEVEL) / reach if reach and not even else None
    gap_value = _bounded(gap, reach, n, -math.inf, math.inf, ONE_SIDED * even)
    thin = group.cases < LEAST_CASES
    p = None if thin or z_score is None else two_sided_p(z_score)
    least, most = BOUNDS[figure]
    group_value, rest_value = (
        _bounded(side.value, _half_width(side.draws, side.patients), side.cases, least, most, NO_SPREAD * side.even)
        for side in (group, rest)
    )
    return Subgroup(
        facts, group.cases, None, group.patients, group_value, rest_value, gap_value, thin, p, None
    ), z_score


def _bounded(
    value: float, reach: float | None, n: int, least: float, most: float, no_interval_reason: str
) -> MetricValue:
    """Return a value with its interval, or without a value where it cannot be bounded.

    `no_interval_reason` says why there is no interval, '' where there is one.
    """
    if reach is None:
        return MetricValue(None, None, None, n, UNBOUNDED)
    if no_interval_reason:
        return MetricValue(value, None, None, n, no_interval_reason)
    return MetricValue(value, max(least, value - reach), min(most, value + reach), n, method=RESAMPLED)


def _half_width(draws: Floats, patients: int) -> float | None:
    """Return the half-width of the interval; None where all cases are of a single patient."""
    return student_quantile(patients - 1, LEVEL) * standard_error(draws, carriers=patients) if patients > 1 else None


def _sort_key(group: Subgroup, z_score: float | None, figure: str) -> tuple[bool, float, int, Facts]:
    worse = 0.0 if z_score is None else abs(z_score) if figure == "bias" else z_score
    return group.thin, math.inf if z_score is None else -worse, len(group.facts), group.facts
