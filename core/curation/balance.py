"""Class balancing of the train split by weights, oversampling or undersampling; val and test stay unchanged."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from core.curation.records import AssignedCase
from core.errors import InvalidInput


def balance(placed: Sequence[AssignedCase], method: str, *, seed: int) -> list[AssignedCase]:
    """Return the same rows in the same order, with weights or repeats set in train; deterministic for a seed.

    Raises:
        InvalidInput: a method that is not in BALANCERS.
    """
    if method not in BALANCERS:
        raise InvalidInput(f"Balance is {method!r}; choose one of {', '.join(BALANCERS)}.")
    train = sorted((row for row in placed if row.split == "train"), key=lambda row: row.case)
    changed = {row.case: row for row in BALANCERS[method](train, np.random.default_rng(seed))}
    return [changed.get(row.case, row) for row in placed]


def _none(train: Sequence[AssignedCase], _: np.random.Generator) -> list[AssignedCase]:
    return list(train)


def _weights(train: Sequence[AssignedCase], _: np.random.Generator) -> list[AssignedCase]:
    """Weight rows by n / (classes × images of the class), over the classes in train; the mean weight is 1."""
    counts = Counter(row.label for row in train)
    return [replace(row, weight=len(train) / (len(counts) * counts[row.label])) for row in train]


def _oversample(train: Sequence[AssignedCase], rng: np.random.Generator) -> list[AssignedCase]:
    """Repeat cases until every class reaches the largest one's count; repeats within a class differ by at most one."""
    groups = _by_label(train)
    target = max((len(group) for group in groups), default=0)
    result = []
    for group in groups:
        copies, extra = divmod(target, len(group))
        for position, row in enumerate(_spread(group, set(), rng)):
            result.append(replace(row, repeats=copies + (position < extra)))
    return result


def _undersample(train: Sequence[AssignedCase], rng: np.random.Generator) -> list[AssignedCase]:
    """Reduce every class to the smallest one's count, preferring patients who are not represented yet."""
    groups = _by_label(train)
    target = min((len(group) for group in groups), default=0)
    result: list[AssignedCase] = []
    represented: set[str] = set()
    for group in groups:
        order = _spread(group, represented, rng)
        represented |= {row.group for row in order[:target]}
        result += [replace(row, repeats=int(position < target)) for position, row in enumerate(order)]
    return result


def _by_label(train: Sequence[AssignedCase]) -> list[list[AssignedCase]]:
    """Return the rows of each class, smallest class first."""
    labels = sorted({row.label for row in train})
    groups = [[row for row in train if row.label == label] for label in labels]
    return sorted(groups, key=len)


def _spread(group: Sequence[AssignedCase], represented: set[str], rng: np.random.Generator) -> list[AssignedCase]:
    """Shuffle, then take one image of every patient, then a second, and so on, so that any prefix is spread evenly."""
    images_used: Counter[str] = Counter(represented)
    shuffled = [group[i] for i in rng.permutation(len(group))]
    rank = []
    for row in shuffled:
        rank.append(images_used[row.group])
        images_used[row.group] += 1
    return [shuffled[i] for i in np.argsort(rank, kind="stable")]


BALANCERS: dict[str, Callable[[Sequence[AssignedCase], np.random.Generator], list[AssignedCase]]] = {
    "none": _none,
    "weights": _weights,
    "oversample": _oversample,
    "undersample": _undersample,
}
