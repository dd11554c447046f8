"""McNemar's test of whether two runs err equally often; in its clustered form where patients have several cases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import Bools

PLAIN, CLUSTERED = "McNemar", "McNemar, clustered by patient (Durkalski)"


@dataclass(frozen=True, slots=True)
class McNemar:
    """Result of McNemar's test. `exact_p` is binomial, None for the clustered test.

    `chi2` and `p` are None where the runs never disagree, or in the clustered test where the differences cancel within
    each patient. `chi2` has a continuity correction, except in the clustered test. `only_first` and `only_second` count
    the cases that only that run predicts correctly.
    """

    exact_p: float | None
    chi2: float | None
    p: float | None
    only_first: int = 0
    only_second: int = 0
    method: str = PLAIN


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Test independent cases, of which only the first run, and only the second, is right in so many.

    Source: McNemar, Psychometrika 12 (1947) 153–157.

    >>> round(mcnemar(10, 2).p, 4)
    0.0433
    """
    differing = only_first + only_second
    if not differing:
        return McNemar(1.0, None, None)
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / differing
    return McNemar(_binomial(only_first, differing), float(statistic), _chi2(statistic), only_first, only_second)


def clustered_mcnemar(first: Bools, second: Bools, owner: NDArray[np.intp]) -> McNemar:
    """Test correct predictions (n,) of two runs, with the cases of one patient as a cluster.

    χ² = (Σ dₖ / nₖ)² / Σ (dₖ / nₖ)², where dₖ is a patient's cases that only the first run gets right minus those that
    only the second does.

    Source: Durkalski, Palesch, Lipsitz and Rust, Statistics in Medicine 22 (2003) 2417–2428.
    """
    sizes = np.bincount(owner)
    differing = np.bincount(owner, weights=first.astype(np.float64) - second, minlength=len(sizes))
    share = differing[sizes > 0] / sizes[sizes > 0]
    counts = int((first & ~second).sum()), int((second & ~first).sum())
    spread = float((share**2).sum())
    if not spread:
        return McNemar(None, None, None, *counts, CLUSTERED)
    statistic = float(share.sum()) ** 2 / spread
    return McNemar(None, statistic, _chi2(statistic), *counts, CLUSTERED)


def _chi2(statistic: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(1, statistic))


def _binomial(successes: int, n: int) -> float:
    """Return the two-sided binomial p value for probability ½."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(successes, n - successes), n, 0.5)))
