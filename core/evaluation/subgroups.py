"""Subgroup analysis: every group of cases, and pairs of them, against all other cases, worst first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import InvalidInput
from core.evaluation import slices
from core.evaluation.binary_metrics import patient_index
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resampled_sums
from core.evaluation.estimate import Estimate, PatientIndex
from core.evaluation.grouped_auroc import Aurocs, aurocs
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import METRICS, THRESHOLD_METRICS, Bools, Floats, Outcomes
from core.evaluation.ranking_metrics import auroc_estimate
from core.evaluation.slices import Facts, Partition, partitions
from core.evaluation.subgroup_gap import difference, holm, two_sided_p
from core.evaluation.threshold_metrics import ConfusionCells, cells_by_patient, threshold_metrics

FIGURES = ("auroc", *THRESHOLD_METRICS)
LEAST_CASES, LEAST_EVENTS = 20, 5
UNBOUNDED = "Not shown: no interval can be computed."


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Cases that share `facts`, one or two pairs of (name, value): the group's metric, that of all others, and the gap.

    `events` counts the positive cases, None for a number. `thin`: under 20 cases or 5 events, not tested. `p` is that
    of the gap, `adjusted_p` the same corrected for all tested groups (Holm).
    """

    facts: Facts
    cases: int
    events: int | None
    patients: int
    figure: MetricValue
    rest: MetricValue
    gap: MetricValue
    thin: bool
    p: float | None
    adjusted_p: float | None


@dataclass(frozen=True, slots=True)
class _Measured:
    """The cases of a group (n,), and the estimates of the group and of all other cases."""

    facts: Facts
    mask: Bools
    group: Estimate
    rest: Estimate


def subgroups(
    scored: BinaryScores,
    threshold: float,
    facts: Mapping[str, Sequence[str]],
    *,
    figure: str = "auroc",
    pairs: bool = True,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Subgroup]:
    """Return the groups by one column, and by two where not thin, all on the same resamples of all patients.

    The groups most significantly worse than the rest come first, thin ones last; [] where no column divides the cases.
    `facts` hold one value per case (n,).

    Raises:
        InvalidInput: an unknown metric, no cases, or a column without a value for every case.
    """
    if figure not in FIGURES:
        raise InvalidInput(f"Unknown metric '{figure}' for subgroups; choose one of {', '.join(FIGURES)}.")
    if not len(scored.cases):
        raise InvalidInput("No cases to divide into subgroups; predict this split first, or choose another.")
    all_partitions = _all_partitions(scored, facts, paired=pairs)
    if figure == "auroc":
        measured = _measure_auroc(scored, all_partitions, resamples, seed)
    else:
        measured = _measure_at_threshold(scored, threshold, figure, all_partitions, resamples, seed)
    tested = [_subgroup(scored, one) for one in measured]
    groups = holm_adjusted([group for group, _ in tested])
    z_scores = {group.facts: z_score for group, (_, z_score) in zip(groups, tested, strict=True)}
    sign = 1 if METRICS[figure].higher_is_better else -1
    return sorted(groups, key=lambda group: _sort_key(group, z_scores[group.facts], sign))


def _all_partitions(scored: BinaryScores, facts: Mapping[str, Sequence[str]], *, paired: bool) -> list[Partition]:
    single = partitions(facts, len(scored.cases))
    if not paired:
        return single
    large = [
        partition.only(partition.sizes(scored.truth) >= LEAST_EVENTS)
        for partition in slices.pairwise_partitions(single, LEAST_CASES)
    ]
    return single + [one for one in large if one.facts]


def _measure_auroc(
    scored: BinaryScores, all_partitions: Sequence[Partition], resamples: int, seed: int
) -> Iterator[_Measured]:
    index, resampled = patient_index(scored), _resampled_aurocs(scored, all_partitions, resamples, seed)
    for partition, values_by_group in zip(all_partitions, resampled, strict=True):
        for g, facts in enumerate(partition.facts):
            mask = partition.group == g
            sides = zip((mask, ~mask), (values_by_group.group[g], values_by_group.rest[g]), strict=True)
            yield _Measured(facts, mask, *(_auroc_of_side(scored, index, side, values) for side, values in sides))


def _resampled_aurocs(
    scored: BinaryScores, all_partitions: Sequence[Partition], resamples: int, seed: int
) -> list[Aurocs]:
    if scored.truth.all() or not scored.truth.any():
        return [Aurocs(none, none) for none in (np.full((len(one.facts), 1), np.nan) for one in all_partitions)]
    return aurocs(
        scored.scores,
        scored.truth,
        scored.owner,
        all_partitions,
        patients=len(scored.patients),
        resamples=resamples,
        seed=seed,
    )


def _auroc_of_side(scored: BinaryScores, index: PatientIndex, side: Bools, values: Floats) -> Estimate:
    index_of_side, value = PatientIndex(index.patient_of_case[side], index.patients), float(values[0])
    observed = None if math.isnan(value) else value
    return auroc_estimate(
        scored.scores[side], scored.truth[side], index_of_side, values[1:], scored.name, value=observed
    )


def _measure_at_threshold(
    scored: BinaryScores, threshold: float, figure: str, all_partitions: Sequence[Partition], resamples: int, seed: int
) -> Iterator[_Measured]:
    index, predicted = patient_index(scored), scored.predicted_positive(threshold)
    total = cells_by_patient(predicted, scored.truth, index)
    resampled_total = resampled_sums(total, resamples=resamples, seed=seed)
    for partition in all_partitions:
        masks = [partition.group == g for g in range(len(partition.facts))]
        cells_by_group = [
            cells_by_patient(predicted[m], scored.truth[m], PatientIndex(index.patient_of_case[m], index.patients))
            for m in masks
        ]
        resampled = np.split(resampled_sums(np.concatenate(cells_by_group), resamples=resamples, seed=seed), len(masks))
        for facts, mask, cells, on_resamples in zip(partition.facts, masks, cells_by_group, resampled, strict=True):
            sides = ((cells, on_resamples), (total - cells, resampled_total - on_resamples))
            yield _Measured(facts, mask, *(_estimates_of_cells(*side, scored.name)[figure] for side in sides))


def _estimates_of_cells(counted: Floats, resampled: Floats, name: str) -> dict[str, Estimate]:
    single = bool(counted.sum(axis=0).max(initial=0) <= 1)
    total = Outcomes(*counted.sum(axis=1, keepdims=True))
    return threshold_metrics(ConfusionCells(total, Outcomes(*counted), Outcomes(*resampled), single), name=name)


def _subgroup(scored: BinaryScores, measured: _Measured) -> tuple[Subgroup, float | None]:
    cases, events = int(measured.mask.sum()), int(scored.truth[measured.mask].sum())
    inside, outside = (
        np.bincount(scored.owner[side], minlength=len(scored.patients)) > 0 for side in (measured.mask, ~measured.mask)
    )
    gap, z_score = difference(measured.group, measured.rest, shared=bool((inside & outside).any()))
    thin = cases < LEAST_CASES or events < LEAST_EVENTS
    p = None if thin or z_score is None else two_sided_p(z_score)
    figures = (_bounded(measured.group.figure()), _bounded(measured.rest.figure()))
    return Subgroup(measured.facts, cases, events, int(inside.sum()), *figures, gap, thin, p, None), z_score


def _bounded(figure: MetricValue) -> MetricValue:
    """Return the value, or none where it has no interval."""
    if figure.value is None or figure.ci_low is not None:
        return figure
    return MetricValue(None, None, None, figure.n, f"{UNBOUNDED} {figure.note}")


def holm_adjusted(groups: Sequence[Subgroup]) -> list[Subgroup]:
    """Return the groups with their p values corrected for all tested groups."""
    adjusted = iter(holm([one.p for one in groups if one.p is not None]))
    return [one if one.p is None else replace(one, adjusted_p=next(adjusted)) for one in groups]


def _sort_key(group: Subgroup, z_score: float | None, sign: int) -> tuple[bool, float, int, Facts]:
    """Sort thick groups before thin ones, the most significantly worse first, then fewer columns.

    `sign` is 1 where a lower value is worse, and -1 where a higher one is.
    """
    return group.thin, math.inf if z_score is None else sign * z_score, len(group.facts), group.facts
