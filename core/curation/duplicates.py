"""Cases with the same pixels to the last bit: reported, never merged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from core.curation.records import SPLITS, AssignedCase, LabelledCase, Targets


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Two cases or more with equal pixels; `patients`, `labels` and `splits` stand beside `cases`, one each.

    `targets` too, where the cases have findings or numbers.
    """

    pixel_sha256: str
    cases: tuple[int, ...]
    patients: tuple[str, ...]
    labels: tuple[int, ...]
    splits: tuple[str, ...]  # "" where the cases are not placed yet
    targets: tuple[Targets, ...] = ()

    @property
    def crosses_splits(self) -> bool:
        """Whether a model would be tested on what it was trained on."""
        return len(set(self.splits)) > 1

    @property
    def crosses_patients(self) -> bool:
        """Whether two patients have the same image: one of them is likely mistaken."""
        return len(set(self.patients)) > 1

    @property
    def labels_disagree(self) -> bool:
        """Whether the same pixels were given different labels; what is unknown contradicts nothing."""
        if not self.targets:
            return len(set(self.labels)) > 1
        said = [{one for one in column if one is not None} for column in zip(*self.targets, strict=True)]
        return any(len(different) > 1 for different in said)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {
            "cases": list(self.cases),
            "splits": list(self.splits),
            "labels": [list(one) for one in self.targets] or list(self.labels),
            "crosses_splits": self.crosses_splits,
            "crosses_patients": self.crosses_patients,
            "labels_disagree": self.labels_disagree,
        }


def exact_duplicates(rows: Sequence[LabelledCase], placed: Iterable[AssignedCase] = ()) -> list[DuplicateGroup]:
    """Groups of equal `pixel_sha256`, by smallest case; rows whose pixels have no hash are passed over."""
    split = {row.case: row.split for row in placed}
    groups: dict[str, list[LabelledCase]] = {}
    for row in sorted(rows, key=lambda row: row.case):
        if row.pixel_sha256:
            groups.setdefault(row.pixel_sha256, []).append(row)
    return [
        DuplicateGroup(
            pixel_sha256=sha256,
            cases=tuple(row.case for row in group),
            patients=tuple(row.patient for row in group),
            labels=tuple(row.label for row in group),
            splits=tuple(split.get(row.case, "") for row in group),
            targets=tuple(row.targets for row in group if row.targets),
        )
        for sha256, group in groups.items()
        if len(group) > 1
    ]


def count_by_split(groups: Iterable[DuplicateGroup]) -> dict[str, int]:
    """Surplus copies inside each split ("train"), and pictures that two splits share ("train–val"); zeros left out."""
    counts: Counter[str] = Counter()
    for group in groups:
        inside = Counter(group.splits)
        for split, number in inside.items():
            counts[split] += number - 1
        for one, other in combinations([split for split in SPLITS if split in inside], 2):
            counts[f"{one}–{other}"] += 1
    return {name: number for name, number in counts.items() if number}
