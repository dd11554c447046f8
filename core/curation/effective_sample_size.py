"""Effective sample size of each class, in patients."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.curation.records import SPLITS


@dataclass(frozen=True, slots=True)
class CountedCase:
    """A case of a snapshot: the indices of the classes or findings it shows, its weight and repeats."""

    patient: str
    split: str
    shows: tuple[int, ...]
    weight: float = 1.0
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class ClassSupport:
    """Support of one class: images and patients by split, and the `effective` number of training patients.

    The latter accounts for weights and repeats.
    """

    images: Mapping[str, int]
    patients: Mapping[str, int]
    effective: float


def class_supports(rows: Sequence[CountedCase], count: int) -> list[ClassSupport]:
    """Return the support of each of `count` classes."""
    return [_class_support([row for row in rows if at in row.shows]) for at in range(count)]


def effective_patients(rows: Iterable[CountedCase]) -> float:
    """Return (Σw)² / Σw² over patients, where w sums weight × repeats of a patient's images (Kish, 1965).

    Ten images of one patient count as one patient, and so does one image repeated ten times.
    """
    sums: dict[str, float] = {}
    for row in rows:
        sums[row.patient] = sums.get(row.patient, 0.0) + row.weight * row.repeats
    squares = sum(one * one for one in sums.values())
    return sum(sums.values()) ** 2 / squares if squares else 0.0


def class_balanced(rows: Sequence[CountedCase], count: int) -> list[CountedCase]:
    """Return the training rows weighted so that every class counts equally: by class weights or a balanced sampler."""
    train = [row for row in rows if row.split == "train" and row.shows]
    sums = [sum(row.repeats for row in train if row.shows[0] == at) for at in range(count)]
    total = sum(sums)
    return [
        CountedCase(row.patient, row.split, row.shows, row.weight * total / (count * sums[row.shows[0]]), row.repeats)
        for row in train
        if sums[row.shows[0]]
    ]


def _class_support(rows: Sequence[CountedCase]) -> ClassSupport:
    by_split = {split: [row for row in rows if row.split == split] for split in SPLITS}
    return ClassSupport(
        images={split: len(some) for split, some in by_split.items()},
        patients={split: len({row.patient for row in some}) for split, some in by_split.items()},
        effective=effective_patients(by_split["train"]),
    )
