"""Exact duplicates: cases with identical pixels. They are reported, never merged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from core.curation.records import SPLITS, AssignedCase, LabelledCase, Targets


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Two or more cases with identical pixels; `patients`, `labels` and `splits` are parallel to `cases`.

    `targets` as well, where the task has findings or numbers.
    """

    pixel_sha256: str
    cases: tuple[int, ...]
    patients: tuple[str, ...]
    labels: tuple[int, ...]
    splits: tuple[str, ...]  # "" where the cases are not placed yet
    targets: tuple[Targets, ...] = ()

    @property
    def crosses_splits(self) -> bool:
        """True where the copies are in different splits, so that a model would be tested on training images."""
        return len(set(self.splits)) > 1

    @property
    def crosses_patients(self) -> bool:
        """True where two persons have the same image, of whom one is probably wrong."""
        return len(set(self.patients)) > 1

    @property
    def labels_disagree(self) -> bool:
        """True where identical pixels have different labels; unknown labels contradict nothing."""
        if not self.targets:
            return len(set(self.labels)) > 1
        distinct = [{value for value in column if value is not None} for column in zip(*self.targets, strict=True)]
        return any(len(values) > 1 for values in distinct)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a report."""
        return {
            "cases": list(self.cases),
            "splits": list(self.splits),
            "labels": [list(one) for one in self.targets] or list(self.labels),
            "crosses_splits": self.crosses_splits,
            "crosses_patients": self.crosses_patients,
            "labels_disagree": self.labels_disagree,
        }


def exact_duplicates(rows: Sequence[LabelledCase], placed: Iterable[AssignedCase] = ()) -> list[DuplicateGroup]:
    """Return groups of equal `pixel_sha256` by smallest case; rows without a hash are skipped."""
    split = {row.case: row.split for row in placed}
    groups: dict[str, list[LabelledCase]] = {}
    for row in sorted(rows, key=lambda row: row.case):
        if row.pixel_sha256:
            groups.setdefault(row.pixel_sha256, []).append(row)
    return [
        DuplicateGroup(
            pixel_sha256=sha256,
            cases=tuple(row.case for row in group),
            patients=tuple(row.group for row in group),
            labels=tuple(row.label for row in group),
            splits=tuple(split.get(row.case, "") for row in group),
            targets=tuple(row.targets for row in group if row.targets),
        )
        for sha256, group in groups.items()
        if len(group) > 1
    ]


def count_by_split(groups: Iterable[DuplicateGroup]) -> dict[str, int]:
    """Count surplus copies within each split ("train") and images shared by two splits ("train–val").

    Zeros are left out.
    """
    counts: Counter[str] = Counter()
    for group in groups:
        copies = Counter(group.splits)
        for split, number in copies.items():
            counts[split] += number - 1
        for first, second in combinations([split for split in SPLITS if split in copies], 2):
            counts[f"{first}–{second}"] += 1
    return {name: number for name, number in counts.items() if number}
