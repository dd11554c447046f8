"""AUROC on 1,000 resamples of whole patients, 10,000 cases of 4,000 patients: resamples per second of the CPU.

Ours makes its counts anew in every round, which a page has only at its first figure.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation import bootstrap
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.references import bootstrap_auroc as loop

CASES, PATIENTS, RESAMPLES = 10_000, 4_000, 1_000
Act = Callable[..., NDArray[np.float64]]


def ours(scores: Any, truth: Any, owner: Any, *, patients: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """The road of every AUROC on a page."""
    bootstrap.clear_cache()
    statistics = {"auroc": bootstrap.weighted_auroc(scores, truth, owner)}
    return bootstrap.bootstrap(statistics, patients=patients, resamples=resamples, seed=seed)["auroc"]


def cases(number: int = CASES, patients: int = PATIENTS) -> tuple[Any, Any, Any]:
    """Scores, truth and owner (number,): three in ten are ill, the AUROC is about 0.8."""
    rng = np.random.default_rng(0)
    truth = rng.random(number) < 0.3
    return rng.normal(size=number) + 1.2 * truth, truth, rng.integers(patients, size=number)


@contextmanager
def sides(
    _folder: Path, _repetitions: Repetitions, *, number: int = CASES, resamples: int = RESAMPLES
) -> Iterator[Sides]:
    """Both on the same cases and the same resamples."""
    given = cases(number)
    yield Sides(ours=partial(taken, ours, given, resamples), reference=partial(taken, loop.aurocs, given, resamples))


def taken(act: Act, given: tuple[Any, Any, Any], resamples: int) -> Taken:
    """Resamples per CPU-second, after a few that are not counted."""
    act(*given, patients=PATIENTS, resamples=3, seed=1)
    began, started = time.perf_counter(), time.process_time()
    act(*given, patients=PATIENTS, resamples=resamples, seed=0)
    return Taken(resamples / (time.process_time() - started), time.perf_counter() - began)


BENCHMARK = Benchmark(
    name="bootstrap_auroc",
    unit="resamples per CPU-second",
    goal=">=30",
    sides=sides,
    against=f"a loop over scikit-learn, {RESAMPLES:,} resamples of {CASES:,} cases of {PATIENTS:,} patients",
)
