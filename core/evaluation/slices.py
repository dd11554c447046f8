"""Subgroups of cases by metadata: every value of every column, and every pair of values of two columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, compress

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metadata_binning import MIXED, UNKNOWN

MOST_VALUES = 30
"""In a column with more values, the rarer ones form one group, "other values (n)"."""

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """The groups of one column, or of a pair of columns: `group` (n,) is a row of `facts`, or -1 for cases in none."""

    facts: tuple[Facts, ...]
    group: NDArray[np.intp]

    def sizes(self, among: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of cases of the mask (n,) in each group."""
        inside = self.group[among & (self.group >= 0)]
        return np.bincount(inside, minlength=len(self.facts)).astype(np.intp)

    def only(self, mask: NDArray[np.bool_]) -> "Partition":
        """Return the partition restricted to the groups of the mask (groups,)."""
        row = np.append(np.where(mask, np.cumsum(mask) - 1, -1), -1)
        return Partition(tuple(compress(self.facts, mask)), row[self.group])


def partitions(facts: Mapping[str, Sequence[str]], cases: int) -> list[Partition]:
    """Return one partition for every column with at least two values among the cases (n,).

    Raises:
        InvalidInput: a column without a value for every case.
    """
    result = []
    for name, values in facts.items():
        if len(values) != cases:
            raise InvalidInput(
                f"The column '{name}' has {len(values)} values for {cases} cases; give one per case, 'unknown' where "
                "it is missing."
            )
        distinct, group = np.unique(merge_rare_values(np.asarray(values, dtype=str)), return_inverse=True)
        if len(distinct) > 1:
            result.append(Partition(tuple(((name, value),) for value in distinct.tolist()), group.astype(np.intp)))
    return result


def merge_rare_values(values: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the values (n,) with the rarest of many merged into one."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MOST_VALUES:
        return values
    frequent = distinct[np.argsort(-counts, kind="stable")[: MOST_VALUES - 1]]
    return np.where(np.isin(values, frequent), values, f"other values ({len(distinct) - len(frequent)})")


def patient_values(values: Sequence[str], owner: NDArray[np.intp], patients: int) -> NDArray[np.str_]:
    """Return each patient's value (patients,) of a column with `values` (n,); `owner` (n,) is a case's patient.

    The value that all of the patient's cases share, MIXED where they differ; unknown values are ignored, and UNKNOWN is
    returned only where no case has a value.
    """
    distinct, code = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    known = (distinct != UNKNOWN)[code]
    low, high = np.full(patients, len(distinct)), np.full(patients, -1)
    np.minimum.at(low, owner[known], code[known])
    np.maximum.at(high, owner[known], code[known])
    names: NDArray[np.str_] = np.append(distinct, [MIXED, UNKNOWN])
    return names[np.where(high < 0, len(distinct) + 1, np.where(low == high, high, len(distinct)))]


def pairwise_partitions(single: Sequence[Partition], thin: int) -> list[Partition]:
    """Return for each two columns the pairs of known values with at least `thin` cases, where both narrow the group."""
    return [partition for first, second in combinations(single, 2) if (partition := _pair(first, second, thin)).facts]


def _pair(first: Partition, second: Partition, thin: int) -> Partition:
    width, all_cases = len(second.facts), np.ones(len(first.group), dtype=np.bool_)
    facts = tuple(a + b for a in first.facts for b in second.facts)
    crossed = Partition(facts, first.group * width + second.group)
    sizes = crossed.sizes(all_cases).reshape(-1, width)
    narrower = (sizes < first.sizes(all_cases)[:, None]) & (sizes < second.sizes(all_cases))
    known = np.array([all(value != UNKNOWN for _, value in one) for one in facts])
    return crossed.only((narrower & (sizes >= thin)).ravel() & known)
