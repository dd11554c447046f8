"""Bootstrap over patients: a resample is how often each patient was drawn, a statistic reads a block of such counts.

Counts lie patient by resample, so that taking the rows of images is one contiguous copy each: 1,000 resamples
of 10,000 images cost a few tenths of a second.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""(patients, block) counts → (block,) values; NaN where a resample leaves the value undefined."""

_BLOCK = 64


def counts_of_resamples(patients: int, *, resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks (patients, up to 64) of how often each patient is drawn; every column sums to `patients`."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        width = min(_BLOCK, resamples - start)
        drawn = rng.integers(patients, size=(width, patients))
        flat = np.bincount((drawn * width + np.arange(width)[:, None]).ravel(), minlength=patients * width)
        yield flat.reshape(patients, width).astype(np.float64)


def bootstrap(statistics: Mapping[str, Statistic], *, patients: int, resamples: int, seed: int) -> dict[str, Floats]:
    """Every statistic on the same resamples: name → (resamples,)."""
    parts: dict[str, list[Floats]] = {name: [] for name in statistics}
    for counts in counts_of_resamples(patients, resamples=resamples, seed=seed):
        for name, statistic in statistics.items():
            parts[name].append(statistic(counts))
    return {name: np.concatenate(part) if part else np.empty(0) for name, part in parts.items()}


def ratio(numerator: Floats, denominator: Floats) -> Statistic:
    """Σ numerator / Σ denominator, both given per patient (patients,)."""

    def statistic(counts: Floats) -> Floats:
        return divide(numerator @ counts, denominator @ counts)

    return statistic


def mean(*statistics: Statistic) -> Statistic:
    """The mean of several statistics, resample by resample."""
    return lambda counts: np.mean([statistic(counts) for statistic in statistics], axis=0)


def weighted_auroc(scores: Floats, truth: NDArray[np.bool_], owner: NDArray[np.intp]) -> Statistic:
    """AUROC with every image counted as often as its patient; scores, truth and owner (images,); ties count half."""
    order = np.argsort(scores[~truth], kind="stable")
    negative_scores, negative_owner = scores[~truth][order], owner[~truth][order]
    below = np.searchsorted(negative_scores, scores[truth], side="left")
    upto = np.searchsorted(negative_scores, scores[truth], side="right")
    tied = bool((below != upto).any())

    def statistic(counts: Floats) -> Floats:
        positives = counts[owner[truth]]  # (positives, block)
        negatives = np.zeros((len(negative_owner) + 1, counts.shape[1]))
        np.cumsum(counts[negative_owner], axis=0, out=negatives[1:])
        beaten = (negatives[below] + negatives[upto]) / 2 if tied else negatives[below]
        wins = np.einsum("ib,ib->b", positives, beaten)
        return divide(wins, positives.sum(axis=0) * negatives[-1])

    return statistic


def weighted_average_precision(scores: Floats, truth: NDArray[np.bool_], owner: NDArray[np.intp]) -> Statistic:
    """Average precision (step-wise, not interpolated) with every image counted as often as its patient."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # the last image of each distinct score
    owner, positive = owner[order], truth[order].astype(np.float64)[:, None]

    def statistic(counts: Floats) -> Floats:
        images = counts[owner]
        called = np.cumsum(images, axis=0)[last]
        found = np.cumsum(images * positive, axis=0)[last]
        gained = np.diff(found, axis=0, prepend=0)
        precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
        return divide((gained * precision).sum(axis=0), found[-1])

    return statistic


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, NaN where nothing stands below the line."""
    undefined = np.full(np.shape(numerator), np.nan)
    quotient: Floats = np.divide(numerator, denominator, out=undefined, where=denominator > 0)
    return quotient
