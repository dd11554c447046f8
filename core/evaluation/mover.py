"""Intervals of sums and differences from the intervals of their parts (MOVER), where resamples cannot tell.

The way of variance estimates recovered: how far a part's own interval goes stands for how unsure the part is. So a part
at 0/n or n/n, which no resample varies, brings the width that its own interval has.
Sources: Zou and Donner, Statistics in Medicine 27 (2008) 1693–1702, of two parts; Zou, Huang and Zhang, Computational
Statistics & Data Analysis 53 (2009) 1080–1085, of any number of them.
"""

import math
from collections.abc import Sequence

import numpy as np

from core.evaluation.metrics import Floats

_ROUNDING = 1e-12


def mover_half_width(far: Sequence[float], together: Floats | None = None) -> float:
    """How far the interval of a sum goes one way: √(farᵀ R far).

    `far` is how far each part goes (parts,), negative where a part is taken away: then the other way. `together` are
    the parts' correlations R (parts, parts), none of them unless told.
    """
    one = np.asarray(far, dtype=np.float64)
    return math.sqrt(max(0.0, float(one @ one if together is None else one @ together @ one)))


def correlations(draws: Sequence[Floats]) -> Floats:
    """Of parts on the same resamples (resamples,) each: (parts, parts).

    0 where one of the two does not vary: how they go together is not known then.
    """
    found = np.eye(len(draws))
    for i in range(len(draws)):
        for j in range(i):
            found[i, j] = found[j, i] = _correlation(draws[i], draws[j])
    return found


def _correlation(first: Floats, second: Floats) -> float:
    both = ~(np.isnan(first) | np.isnan(second))
    if both.sum() < 3 or first[both].std() < _ROUNDING or second[both].std() < _ROUNDING:
        return 0.0
    return float(np.corrcoef(first[both], second[both])[0, 1])
