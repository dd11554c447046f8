"""For which groups predicted numbers are further off than elsewhere: each group against the rest, worst first."""

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
}  # of an error; their mean is the figure, of rmse squared

ONE_SIDED = "No interval and no test: every resample of the patients has the same figure on one side."


@dataclass(frozen=True, slots=True)
class _Side:
    """A group, or all others: the figure, the same on resamples (resamples,), and what carries it.

    `even`: all its patients are off alike, so that no resample differs.
    """

    value: float
    draws: Floats
    patients: int
    cases: int
    even: bool


def regression_subgroups(
    told: Floats,
    truth: Floats,
    owners: PatientIndex,
    facts: Mapping[str, Sequence[str]],
    *,
    figure: str = "mae",
    pairs: bool = True,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Subgroup]:
    """Of predicted and true values (n,): groups by one fact, and by two where not thin, on the same resamples.

    First those most surely further off than the rest (of a bias: most surely another), thin ones last. `facts` hold
    one value per case (n,); the figures are in the number's unit. The gap is own minus rest, ± t · (its spread over
    resamples of whole patients), t of Student with the patients of the smaller side, less one, as degrees of freedom.
    Where no resample of a side differs it has no interval, and the gap has neither interval nor test: 25 cases that
    are off alike do not make the next one known.

    Raises:
        InvalidInput: an unknown figure, no case, or a fact that is not known of every case.
    """
    if figure not in FIGURES:
        raise InvalidInput(f"There is no figure '{figure}' for groups of numbers; choose one of {', '.join(FIGURES)}.")
    if not len(told):
        raise InvalidInput("There is no case to divide into groups; predict this split first, or choose another.")
    single = partitions(facts, len(told))
    asked = single + (slices.pairwise_partitions(single, LEAST_CASES) if pairs else [])
    found = list(_measured(told - truth, owners, asked, figure, resamples=resamples, seed=seed))
    groups = holm_adjusted([group for group, _ in found])
    surely = {group.facts: errors for group, (_, errors) in zip(groups, found, strict=True)}
    return sorted(groups, key=lambda one: _place(one, surely[one.facts], figure))


def _measured(
    error: Floats, owners: PatientIndex, asked: Sequence[Partition], figure: str, *, resamples: int, seed: int
) -> Iterator[tuple[Subgroup, float | None]]:
    """Each group with how many standard errors its gap is."""
    whole = _summed(error, owners, np.ones(len(error), dtype=bool), figure)
    drawn_whole = resampled_sums(whole, resamples=resamples, seed=seed)
    for partition in asked:
        masks = [partition.group == g for g in range(len(partition.facts))]
        own = [_summed(error, owners, mask, figure) for mask in masks]
        drawn = np.split(resampled_sums(np.concatenate(own), resamples=resamples, seed=seed), len(masks))
        for facts, mine, on_resamples in zip(partition.facts, own, drawn, strict=True):
            sides = (_side(mine, on_resamples, figure), _side(whole - mine, drawn_whole - on_resamples, figure))
            yield _subgroup(facts, *sides, figure)


def _summed(error: Floats, owners: PatientIndex, mask: Bools, figure: str) -> Floats:
    """Of each patient: the sum of amounts, and how many cases (2, patients)."""
    return np.stack([owners.total(AMOUNTS[figure](error) * mask), owners.sizes(mask)])


def _side(amounts: Floats, drawn: Floats, figure: str) -> _Side:
    """Of the sums of each patient (2, patients), and of those on resamples (2, resamples)."""
    total = amounts.sum(axis=1, keepdims=True)
    plain, on_resamples = (_mean(summed, cases, figure) for summed, cases in (total, drawn))
    there = amounts[1] > 0
    each = amounts[0, there] / amounts[1, there]
    # not by the spread over resamples: of errors of 0, the root of what rounding leaves is more than nothing
    even = bool(there.sum() > 1 and is_constant(float(np.ptp(each)), float(np.abs(each).max())))
    return _Side(float(plain[0]), on_resamples, int(there.sum()), int(amounts[1].sum()), even)


def _mean(amounts: Floats, cases: Floats, figure: str) -> Floats:
    mean = divide(amounts, cases)
    if figure == "bias":
        return mean
    mean = np.maximum(mean, 0.0)  # what is left where all was taken away may be a little less than nothing
    return np.sqrt(mean) if figure == "rmse" else mean


def _subgroup(facts: Facts, own: _Side, rest: _Side, figure: str) -> tuple[Subgroup, float | None]:
    far, n = own.value - rest.value, own.cases + rest.cases
    reach = _reach(own.draws - rest.draws, min(own.patients, rest.patients))
    even = own.even or rest.even
    errors = far * normal_quantile(LEVEL) / reach if reach and not even else None
    between = _bounded(far, reach, n, -math.inf, math.inf, ONE_SIDED * even)
    thin = own.cases < LEAST_CASES
    p = None if thin or errors is None else two_sided_p(errors)
    least, most = BOUNDS[figure]
    mine, other = (
        _bounded(side.value, _reach(side.draws, side.patients), side.cases, least, most, NO_SPREAD * side.even)
        for side in (own, rest)
    )
    return Subgroup(facts, own.cases, None, own.patients, mine, other, between, thin, p, None), errors


def _bounded(value: float, reach: float | None, n: int, least: float, most: float, without: str) -> MetricValue:
    """Never a bare number: `without` says why there is no interval, '' where there is one."""
    if reach is None:
        return MetricValue(None, None, None, n, UNBOUNDED)
    if without:
        return MetricValue(value, None, None, n, without)
    return MetricValue(value, max(least, value - reach), min(most, value + reach), n, method=RESAMPLED)


def _reach(draws: Floats, patients: int) -> float | None:
    """How far an interval goes each way; None where a single patient carries the number."""
    return student_quantile(patients - 1, LEVEL) * standard_error(draws, carriers=patients) if patients > 1 else None


def _place(group: Subgroup, errors: float | None, figure: str) -> tuple[bool, float, int, Facts]:
    worse = 0.0 if errors is None else abs(errors) if figure == "bias" else errors
    return group.thin, math.inf if errors is None else -worse, len(group.facts), group.facts
