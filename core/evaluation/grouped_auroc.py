"""AUROC of every subgroup and of all other cases on each resample, in one pass per partition.

The wins of a positive case over negatives outside its group follow from its wins over all negatives and over its own
group, so the complement of each group costs no pass of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.bootstrap import divide, resample_counts, resampled_sums
from core.evaluation.metrics import Bools, Floats
from core.evaluation.slices import Partition

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Aurocs:
    """AUROCs of each group and of all other cases (groups, 1 + resamples).

    The first column is the observed value, the others are resamples.
    """

    group: Floats
    rest: Floats


def aurocs(
    scores: Floats,
    truth: Bools,
    owner: Rows,
    partitions: Sequence[Partition],
    *,
    patients: int,
    resamples: int,
    seed: int,
) -> list[Aurocs]:
    """Return the AUROCs for each partition; scores, truth and owner (n,), both classes present.

    NaN where a resample lacks a class.
    """
    whole = _Whole.of(scores, truth, owner)
    sorted_groups = [_Groups.of(whole, scores, partition) for partition in partitions]
    parts: list[list[Floats]] = [[] for _ in partitions]
    blocks = resample_counts(patients, resamples=resamples, seed=seed)
    for counts in (np.ones((patients, 1)), *blocks):
        for row in np.ascontiguousarray(counts.T):
            wins = whole.wins(row)
            for part, groups in zip(parts, sorted_groups, strict=True):
                part.append(groups.both(wins))
    pairs = [_pairs(truth, owner, partition, patients, resamples, seed) for partition in partitions]
    counted = zip([np.stack(part, axis=-1) for part in parts], pairs, strict=True)
    return [Aurocs(divide(wins[0], within), divide(wins[1], rest)) for wins, (within, rest) in counted]


def _pairs(
    truth: Bools, owner: Rows, partition: Partition, patients: int, resamples: int, seed: int
) -> tuple[Floats, Floats]:
    """Return the number of positive–negative pairs within each group and outside it (groups, 1 + resamples)."""
    count = len(partition.facts) + 1
    group = np.where(partition.group < 0, count - 1, partition.group)
    sides = []
    for side in (truth, ~truth):
        flat = np.bincount(group[side] * patients + owner[side], minlength=count * patients)
        counts = flat.reshape(count, patients).astype(np.float64)
        plain = counts.sum(axis=1, keepdims=True)
        sides.append(np.hstack([plain, resampled_sums(counts, resamples=resamples, seed=seed)]))
    within, outside = sides[0] * sides[1], [side.sum(axis=0) - side for side in sides]
    return within[:-1], (outside[0] * outside[1])[:-1]


@dataclass(frozen=True, slots=True)
class _Wins:
    """One resample: the weights of positives and negatives, and what each wins or loses against all (cases,)."""

    positive: Floats
    negative: Floats
    won: Floats
    lost: Floats
    total: float


@dataclass(frozen=True, slots=True)
class _Whole:
    """All cases by class and increasing score, and the rank of each within the other class."""

    order: tuple[Rows, Rows]
    owner: tuple[Rows, Rows]
    places: tuple[tuple[Rows, Rows], tuple[Rows, Rows]]

    @classmethod
    def of(cls, scores: Floats, truth: Bools, owner: Rows) -> "_Whole":
        positive, negative = (np.flatnonzero(side) for side in (truth, ~truth))
        positive = positive[np.argsort(scores[positive], kind="stable")]
        negative = negative[np.argsort(scores[negative], kind="stable")]
        places = (_places(scores[positive], scores[negative]), _places(scores[negative], scores[positive]))
        return cls((positive, negative), (owner[positive], owner[negative]), places)

    def wins(self, row: Floats) -> _Wins:
        positive, negative = row.take(self.owner[0]), row.take(self.owner[1])
        below, above = _under(negative, self.places[0]), _under(positive, self.places[1])
        won = positive * below
        return _Wins(positive, negative, won, negative * (positive.sum() - above), float(won.sum()))


@dataclass(frozen=True, slots=True)
class _Groups:
    """One partition: the group of positives and negatives, and the rank of positives within their own group."""

    count: int
    group: tuple[Rows, Rows]
    by_group: Rows
    places: tuple[Rows, Rows]
    start: Rows

    @classmethod
    def of(cls, whole: _Whole, scores: Floats, partition: Partition) -> "_Groups":
        # cases without a group form an extra last one, which is dropped at the end
        count = len(partition.facts) + 1
        group = np.where(partition.group < 0, count - 1, partition.group)
        positive, negative = group[whole.order[0]], group[whole.order[1]]
        by_group = np.argsort(negative, kind="stable")  # by group, then still by rising score
        bounds = np.searchsorted(negative[by_group], np.arange(count + 1))
        below, upto = np.empty(len(positive), np.intp), np.empty(len(positive), np.intp)
        for g in range(count):
            members, scores_of_negatives = positive == g, scores[whole.order[1][by_group[bounds[g] : bounds[g + 1]]]]
            places = _places(scores[whole.order[0][members]], scores_of_negatives)
            below[members], upto[members] = places[0] + bounds[g], places[1] + bounds[g]
        return cls(count, (positive, negative), by_group, (below, upto), bounds[positive])

    def both(self, wins: _Wins) -> Floats:
        """Return (2, groups): the wins within each group, and those among all other cases."""
        cumulated = _cumulated(wins.negative.take(self.by_group))
        inside = (cumulated.take(self.places[0]) + cumulated.take(self.places[1])) / 2 - cumulated.take(self.start)
        within = self._sum(0, wins.positive * inside)
        elsewhere = wins.total - self._sum(0, wins.won) - self._sum(1, wins.lost) + within
        return np.stack([within, elsewhere])[:, :-1]

    def _sum(self, side: int, amounts: Floats) -> Floats:
        return np.asarray(np.bincount(self.group[side], weights=amounts, minlength=self.count))


def _places(values: Floats, among: Floats) -> tuple[Rows, Rows]:
    return np.searchsorted(among, values, side="left"), np.searchsorted(among, values, side="right")


def _cumulated(weights: Floats) -> Floats:
    passed = np.zeros(len(weights) + 1)
    np.cumsum(weights, out=passed[1:])
    return passed


def _under(weights: Floats, places: tuple[Rows, Rows]) -> Floats:
    """Return the weight below each place, counting ties half."""
    passed = _cumulated(weights)
    return np.asarray((passed.take(places[0]) + passed.take(places[1])) / 2, dtype=np.float64)
