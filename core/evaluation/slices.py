"""Groups of cases by their facts: every value of every fact, and every pair of values of two facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metadata_binning import MIXED, UNKNOWN

MOST_VALUES = 30
"""Of a fact with more values, the rarer ones are one group, "other values (so many)"."""

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """The groups of one fact, or of a pair: `group` (n,) is a row of `facts`, or -1 where a case is in none."""

    facts: tuple[Facts, ...]
    group: NDArray[np.intp]

    def sizes(self, among: NDArray[np.bool_]) -> NDArray[np.intp]:
        """How many of these cases (n,) each group has."""
        inside = self.group[among & (self.group >= 0)]
        return np.bincount(inside, minlength=len(self.facts)).astype(np.intp)

    def only(self, kept: NDArray[np.bool_]) -> "Partition":
        """The same with these groups (groups,) only."""
        row = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
        return Partition(tuple(one for one, there in zip(self.facts, kept, strict=True) if there), row[self.group])


def partitions(facts: Mapping[str, Sequence[str]], cases: int) -> list[Partition]:
    """One for every fact that tells cases (n,) apart.

    Raises:
        InvalidInput: a fact that is not known of every case.
    """
    made = []
    for name, values in facts.items():
        if len(values) != cases:
            raise InvalidInput(
                f"The fact '{name}' has {len(values)} values for {cases} cases; give one for each, 'unknown' where "
                "it is not known."
            )
        found, group = np.unique(merge_rare_values(np.asarray(values, dtype=str)), return_inverse=True)
        if len(found) > 1:
            made.append(Partition(tuple(((name, value),) for value in found.tolist()), group.astype(np.intp)))
    return made


def merge_rare_values(values: NDArray[np.str_]) -> NDArray[np.str_]:
    """Values (n,) of a fact as its groups name them: of many the rarer ones are one."""
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= MOST_VALUES:
        return values
    kept = found[np.argsort(-counts, kind="stable")[: MOST_VALUES - 1]]
    return np.where(np.isin(values, kept), values, f"other values ({len(found) - len(kept)})")


def patient_values(values: Sequence[str], owner: NDArray[np.intp], patients: int) -> NDArray[np.str_]:
    """What patients (patients,) have of a fact whose cases have `values` (n,), `owner` (n,) being a case's patient.

    It is what all of their cases have, SEVERAL where these differ; a case of which it is unknown does not count, and
    UNKNOWN is only where no case knows it.
    """
    found, code = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    known = (found != UNKNOWN)[code]
    low, high = np.full(patients, len(found)), np.full(patients, -1)
    np.minimum.at(low, owner[known], code[known])
    np.maximum.at(high, owner[known], code[known])
    told: NDArray[np.str_] = np.append(found, [MIXED, UNKNOWN])
    return told[np.where(high < 0, len(found) + 1, np.where(low == high, high, len(found)))]


def pairwise_partitions(single: Sequence[Partition], thin: int) -> list[Partition]:
    """Of each two facts the pairs of known values with `thin` cases or more, where both facts narrow the group."""
    return [made for first, second in combinations(single, 2) if (made := _pair(first, second, thin)).facts]


def _pair(first: Partition, second: Partition, thin: int) -> Partition:
    width, every = len(second.facts), np.ones(len(first.group), dtype=np.bool_)
    facts = tuple(a + b for a in first.facts for b in second.facts)
    whole = Partition(facts, first.group * width + second.group)
    sizes = whole.sizes(every).reshape(-1, width)
    narrower = (sizes < first.sizes(every)[:, None]) & (sizes < second.sizes(every))
    known = np.array([all(value != UNKNOWN for _, value in one) for one in facts])
    return whole.only((narrower & (sizes >= thin)).ravel() & known)
