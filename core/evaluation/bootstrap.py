"""Bootstrap over patients: a resample counts how often each patient was drawn; statistics read those counts.

The counts of (patients, resamples, seed) are computed once and cached. They do not depend on scores or thresholds, so
moving a threshold costs one matrix product.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Statistic = Callable[[Floats], Floats]
"""(patients, block) counts → (block,) values; NaN where a resample leaves the value undefined."""

_BLOCK = 64
_CHUNK = 2**14  # cases × resamples processed at once
_CACHE_LIMIT = 40_000_000  # largest table of 4-byte counts that is cached
_EXACT = 2**24  # integers up to here are exact in single precision


def resample_counts(patients: int, *, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield blocks (patients, ≤ 64) of how often each patient is drawn; every column sums to `patients`."""
    if patients * resamples <= _CACHE_LIMIT:
        counts = _cached_counts(patients, resamples, seed)
        for start in range(0, resamples, _BLOCK):
            yield counts[start : start + _BLOCK].T.astype(np.float64)
    else:
        for block in _count_blocks(patients, resamples, seed):
            yield block.T.astype(np.float64)


def resampled_sums(amounts: Floats, *, resamples: int, seed: int) -> Floats:
    """Return the sums (k, resamples) of amounts (k, patients), weighted by how often each patient was drawn.

    Integers are summed exactly, with one matrix product in single precision.
    """
    patients = amounts.shape[1]
    whole = bool((amounts == np.rint(amounts)).all()) and float(np.abs(amounts).sum(axis=1).max(initial=0)) < _EXACT / 8
    if whole and patients * resamples <= _CACHE_LIMIT:
        return np.asarray(amounts.astype(np.float32) @ _cached_counts(patients, resamples, seed).T, dtype=np.float64)
    blocks = resample_counts(patients, resamples=resamples, seed=seed)
    return np.concatenate([amounts @ counts for counts in blocks] or [np.empty((len(amounts), 0))], axis=1)


def bootstrap(statistics: Mapping[str, Statistic], *, patients: int, resamples: int, seed: int) -> dict[str, Floats]:
    """Return every statistic evaluated on the same resamples: name → (resamples,)."""
    parts: dict[str, list[Floats]] = {name: [] for name in statistics}
    for counts in resample_counts(patients, resamples=resamples, seed=seed):
        for name, statistic in statistics.items():
            parts[name].append(statistic(counts))
    return {name: np.concatenate(part) if part else np.empty(0) for name, part in parts.items()}


def ratio(numerator: Floats, denominator: Floats) -> Statistic:
    """Return the statistic Σ numerator / Σ denominator, both per patient (patients,)."""

    def statistic(counts: Floats) -> Floats:
        return divide(numerator @ counts, denominator @ counts)

    return statistic


def mean(*statistics: Statistic) -> Statistic:
    """Return the statistic that averages several statistics on each resample."""
    return lambda counts: np.mean([statistic(counts) for statistic in statistics], axis=0)


def weighted_auroc(scores: Floats, truth: NDArray[np.bool_], owner: NDArray[np.intp]) -> Statistic:
    """Return the AUROC statistic with each case weighted by its patient; scores, truth, owner (n,); ties count half."""
    order = np.argsort(scores[~truth], kind="stable")
    negative_scores, negative_owner, positive_owner = scores[~truth][order], owner[~truth][order], owner[truth]
    below = np.searchsorted(negative_scores, scores[truth], side="left")
    upto = np.searchsorted(negative_scores, scores[truth], side="right")
    tied = bool((below != upto).any())

    def parts(rows: Floats) -> tuple[Floats, Floats]:
        passed = np.empty((*rows.shape[:-1], len(negative_owner) + 1))
        passed[..., 0] = 0
        np.cumsum(rows.take(negative_owner, axis=-1), axis=-1, out=passed[..., 1:])
        beaten = passed.take(below, axis=-1)
        if tied:
            beaten = (beaten + passed.take(upto, axis=-1)) / 2
        positives = rows.take(positive_owner, axis=-1)
        return np.vecdot(positives, beaten), positives.sum(axis=-1) * passed[..., -1]

    return _in_chunks(parts, len(truth))


def weighted_average_precision(scores: Floats, truth: NDArray[np.bool_], owner: NDArray[np.intp]) -> Statistic:
    """Return the average-precision statistic (step-wise, not interpolated) with each case weighted by its patient."""
    order = np.argsort(-scores, kind="stable")
    falling, owners, positive = scores[order], owner[order], np.flatnonzero(truth[order])
    # for each positive case: the last case, and the last positive case, with the same score
    last = np.searchsorted(-falling, -falling[positive], side="right") - 1
    last_positive = np.searchsorted(positive, last, side="right") - 1
    tied = bool((last_positive != np.arange(len(positive))).any())

    def parts(rows: Floats) -> tuple[Floats, Floats]:
        cases = rows.take(owners, axis=-1)
        positives = cases.take(positive, axis=-1)
        true_positives, predicted = np.cumsum(positives, axis=-1), np.cumsum(cases, axis=-1).take(last, axis=-1)
        reached = true_positives.take(last_positive, axis=-1) if tied else true_positives
        precision = np.divide(reached, predicted, out=np.zeros_like(positives), where=predicted > 0)
        return np.vecdot(positives, precision), positives.sum(axis=-1)

    return _in_chunks(parts, len(truth))


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN where the denominator is not positive."""
    undefined = np.full(np.shape(numerator), np.nan)
    quotient: Floats = np.divide(numerator, denominator, out=undefined, where=denominator > 0)
    return quotient


def clear_cache() -> None:
    """Free the cached counts; the next bootstrap computes them again."""
    _cached_counts.cache_clear()


def _in_chunks(parts: Callable[[Floats], tuple[Floats, Floats]], cases: int) -> Statistic:
    """Return the quotient of the two parts, for as many resamples at once as fit into the processor's cache.

    `parts` reads counts (rows, patients), or (patients,) of a single resample, which numpy indexes faster.
    """
    step = max(1, _CHUNK // max(1, cases))

    def statistic(counts: Floats) -> Floats:
        rows = np.ascontiguousarray(counts.T, dtype=np.float64)
        chunks = rows if step == 1 else [rows[start : start + step] for start in range(0, len(rows), step)]
        numerators, denominators = zip(*map(parts, chunks), strict=True)
        return divide(np.hstack(numerators), np.hstack(denominators))

    return statistic


@lru_cache(maxsize=3)
def _cached_counts(patients: int, resamples: int, seed: int) -> Singles:
    """Return all counts (resamples, patients)."""
    counts = np.concatenate(list(_count_blocks(patients, resamples, seed)) or [np.empty((0, patients), np.float32)])
    counts.setflags(write=False)
    return counts


def _count_blocks(patients: int, resamples: int, seed: int) -> Iterator[Singles]:
    """Yield blocks (≤ 64, patients)."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        drawn = rng.integers(patients, size=(min(_BLOCK, resamples - start), patients))
        yield np.stack([np.bincount(row, minlength=patients) for row in drawn]).astype(np.float32)
