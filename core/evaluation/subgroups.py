"""Where a model is worse than elsewhere: every group of cases against the rest, and pairs of them, worst first."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import InvalidInput
from core.evaluation import slices, threshold_metrics
from core.evaluation.binary_metrics import patient_index
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import resampled_sums
from core.evaluation.estimate import Estimate, PatientIndex
from core.evaluation.grouped_auroc import Aurocs, aurocs
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import Bools, Floats, Outcomes
from core.evaluation.ranking_metrics import auroc_estimate
from core.evaluation.slices import Facts, Partition, partitions
from core.evaluation.subgroup_gap import difference, holm, two_sided_p
from core.evaluation.threshold_metrics import ConfusionCells, cells_by_patient

FIGURES = ("auroc", *threshold_metrics.NAMES)
LEAST_CASES, LEAST_EVENTS = 20, 5
UNBOUNDED = "Not shown, for it cannot be bounded."


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Cases that share `facts`, one or two of (name, value): their figure, that of all others, and the gap between.

    `events` are the cases whose truth is yes, None of numbers. `thin`: under 20 cases or 5 events; then nothing is
    tested. `p` is that of the gap, `adjusted_p` the same corrected for all groups looked at (Holm).
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
    """A group's cases (n,), and its measure and that of all others."""

    facts: Facts
    mask: Bools
    own: Estimate
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
    """Groups by one fact, and by two where not thin, all on the same resamples of all patients.

    First those most surely below the rest, thin ones last; [] where no fact tells cases apart. `facts` hold one value
    per case (n,).

    Raises:
        InvalidInput: an unknown figure, no case, or a fact that is not known of every case.
    """
    if figure not in FIGURES:
        raise InvalidInput(f"There is no figure '{figure}' for subgroups; choose one of {', '.join(FIGURES)}.")
    if not len(scored.cases):
        raise InvalidInput("There is no case to divide into groups; predict this split first, or choose another.")
    asked = _asked(scored, facts, paired=pairs)
    if figure == "auroc":
        measured = _by_rank(scored, asked, resamples, seed)
    else:
        measured = _by_cells(scored, threshold, figure, asked, resamples, seed)
    found = [_subgroup(scored, one) for one in measured]
    groups = holm_adjusted([group for group, _ in found])
    surely = {group.facts: errors for group, (_, errors) in zip(groups, found, strict=True)}
    return sorted(groups, key=lambda one: _place(one, surely[one.facts]))


def _asked(scored: BinaryScores, facts: Mapping[str, Sequence[str]], *, paired: bool) -> list[Partition]:
    single = partitions(facts, len(scored.cases))
    if not paired:
        return single
    thick = [
        one.only(one.sizes(scored.truth) >= LEAST_EVENTS) for one in slices.pairwise_partitions(single, LEAST_CASES)
    ]
    return single + [one for one in thick if one.facts]


def _by_rank(scored: BinaryScores, asked: Sequence[Partition], resamples: int, seed: int) -> Iterator[_Measured]:
    owned, drawn = patient_index(scored), _drawn(scored, asked, resamples, seed)
    for partition, one in zip(asked, drawn, strict=True):
        for g, facts in enumerate(partition.facts):
            mask = partition.group == g
            sides = zip((mask, ~mask), (one.own[g], one.rest[g]), strict=True)
            yield _Measured(facts, mask, *(_area(scored, owned, side, values) for side, values in sides))


def _drawn(scored: BinaryScores, asked: Sequence[Partition], resamples: int, seed: int) -> list[Aurocs]:
    if scored.truth.all() or not scored.truth.any():
        return [Aurocs(none, none) for none in (np.full((len(one.facts), 1), np.nan) for one in asked)]
    return aurocs(
        scored.scores, scored.truth, scored.owner, asked, patients=len(scored.patients), resamples=resamples, seed=seed
    )


def _area(scored: BinaryScores, owned: PatientIndex, side: Bools, values: Floats) -> Estimate:
    mine, value = PatientIndex(owned.patient_of_case[side], owned.patients), float(values[0])
    known = None if math.isnan(value) else value
    return auroc_estimate(scored.scores[side], scored.truth[side], mine, values[1:], scored.name, value=known)


def _by_cells(
    scored: BinaryScores, threshold: float, figure: str, asked: Sequence[Partition], resamples: int, seed: int
) -> Iterator[_Measured]:
    owned, called = patient_index(scored), scored.called(threshold)
    whole = cells_by_patient(called, scored.truth, owned)
    drawn_whole = resampled_sums(whole, resamples=resamples, seed=seed)
    for partition in asked:
        masks = [partition.group == g for g in range(len(partition.facts))]
        own = [
            cells_by_patient(called[m], scored.truth[m], PatientIndex(owned.patient_of_case[m], owned.patients))
            for m in masks
        ]
        drawn = np.split(resampled_sums(np.concatenate(own), resamples=resamples, seed=seed), len(masks))
        for facts, mask, cells, on_resamples in zip(partition.facts, masks, own, drawn, strict=True):
            sides = ((cells, on_resamples), (whole - cells, drawn_whole - on_resamples))
            yield _Measured(facts, mask, *(_decided(*side, scored.name)[figure] for side in sides))


def _decided(counted: Floats, drawn: Floats, name: str) -> dict[str, Estimate]:
    single = bool(counted.sum(axis=0).max(initial=0) <= 1)
    total = Outcomes(*counted.sum(axis=1, keepdims=True))
    return threshold_metrics.threshold_metrics(
        ConfusionCells(total, Outcomes(*counted), Outcomes(*drawn), single), name=name
    )


def _subgroup(scored: BinaryScores, one: _Measured) -> tuple[Subgroup, float | None]:
    cases, events = int(one.mask.sum()), int(scored.truth[one.mask].sum())
    inside, outside = (
        np.bincount(scored.owner[side], minlength=len(scored.patients)) > 0 for side in (one.mask, ~one.mask)
    )
    between, errors = difference(one.own, one.rest, shared=bool((inside & outside).any()))
    thin = cases < LEAST_CASES or events < LEAST_EVENTS
    p = None if thin or errors is None else two_sided_p(errors)
    figures = (_bounded(one.own.figure()), _bounded(one.rest.figure()))
    return Subgroup(one.facts, cases, events, int(inside.sum()), *figures, between, thin, p, None), errors


def _bounded(figure: MetricValue) -> MetricValue:
    """Never a bare number."""
    if figure.value is None or figure.low is not None:
        return figure
    return MetricValue(None, None, None, figure.n, f"{UNBOUNDED} {figure.note}")


def holm_adjusted(found: Sequence[Subgroup]) -> list[Subgroup]:
    """Each with its p corrected for all that were tested."""
    adjusted = iter(holm([one.p for one in found if one.p is not None]))
    return [one if one.p is None else replace(one, adjusted_p=next(adjusted)) for one in found]


def _place(group: Subgroup, errors: float | None) -> tuple[bool, float, int, Facts]:
    """Thick before thin, most surely worse first; of two alike, the one said more simply."""
    return group.thin, math.inf if errors is None else errors, len(group.facts), group.facts
