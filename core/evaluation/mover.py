"""Intervals of sums and differences from the intervals of their parts (MOVER), where the bootstrap has no spread.

MOVER, the method of variance estimates recovery, uses the distance from a part's value to its own confidence limit as
its uncertainty. So a part at 0/n or n/n, which no resample varies, contributes the width of its own interval.

Sources: Zou and Donner, Statistics in Medicine 27 (2008) 1693–1702, for two parts; Zou, Huang and Zhang, Computational
Statistics & Data Analysis 53 (2009) 1080–1085, for any number.
"""

import math
from collections.abc import Sequence

import numpy as np

from core.evaluation.metrics import Floats

_ROUNDING = 1e-12


def mover_half_width(distances: Sequence[float], correlation: Floats | None = None) -> float:
    """Return the half-width of the interval of a sum on one side: √(dᵀ R d).

    `distances` (parts,) reach from each part's value to its limit, with the opposite limit and a minus sign for a part
    that is subtracted. `correlation` is R (parts, parts), the identity if omitted.
    """
    vector = np.asarray(distances, dtype=np.float64)
    return math.sqrt(max(0.0, float(vector @ vector if correlation is None else vector @ correlation @ vector)))


def correlations(draws: Sequence[Floats]) -> Floats:
    """Return the correlation matrix (parts, parts) of values on the same resamples (resamples,).

    0 where one of the two does not vary, since their correlation is then unknown.
    """
    matrix = np.eye(len(draws))
    for i in range(len(draws)):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = _correlation(draws[i], draws[j])
    return matrix


def _correlation(first: Floats, second: Floats) -> float:
    both = ~(np.isnan(first) | np.isnan(second))
    if both.sum() < 3 or first[both].std() < _ROUNDING or second[both].std() < _ROUNDING:
        return 0.0
    return float(np.corrcoef(first[both], second[both])[0, 1])
