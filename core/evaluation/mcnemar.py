"""Whether two runs err equally often on the same cases; where patients have several cases, the clustered form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import Bools

PLAIN, CLUSTERED = "McNemar", "McNemar, clustered by patient (Durkalski)"


@dataclass(frozen=True, slots=True)
class McNemar:
    """`exact_p` by the binomial, None of clusters; `chi2` and `p`, None where the two never disagree,
    or of clusters where what differs cancels within each.

    `chi2` is with continuity correction, of clusters without. `only_first` and `only_second` count the cases that only
    the one calls right.
    """

    exact_p: float | None
    chi2: float | None
    p: float | None
    only_first: int = 0
    only_second: int = 0
    method: str = PLAIN


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Of independent cases that only the first, and only the second, run calls right.

    Source: McNemar, Psychometrika 12 (1947) 153–157.
    """
    differing = only_first + only_second
    if not differing:
        return McNemar(1.0, None, None)
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / differing
    return McNemar(_binomial(only_first, differing), float(statistic), _chi2(statistic), only_first, only_second)


def clustered_mcnemar(first: Bools, second: Bools, owner: NDArray[np.intp]) -> McNemar:
    """Of what each run calls right (n,), cases of one patient being alike.

    χ² = (Σ dₖ / nₖ)² / Σ (dₖ / nₖ)², dₖ a patient's cases that only the first has right less those of the second.
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
    """Two-sided, of a fair coin."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(successes, n - successes), n, 0.5)))
