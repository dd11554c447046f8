"""95 % intervals: of a proportion of independent cases, and of a statistic resampled over patients."""

import math

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metric_value import EFFECTIVE, RESAMPLED

LEVEL = 0.95
_ROUNDING = 1e-12


def wilson(successes: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, n > 0; its width is never zero, also at 0/n and n/n.

    Source: Wilson, JASA 22 (1927) 209–212.

    >>> [round(end, 3) for end in wilson(20, 20)]
    [0.839, 1.0]
    """
    z = normal_quantile(level)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def effective_n(sizes: NDArray[np.float64]) -> float:
    """Return the effective number of independent cases if all cases of a patient are alike; sizes (patients,).

    (Σ sizes)² / Σ sizes², which is the number of patients where all have equally many cases. Source: Kish, Survey
    Sampling (1965).

    >>> effective_n(np.array([5.0, 1.0, 1.0]))
    1.8148148148148149
    """
    squares = float((sizes**2).sum())
    return float(sizes.sum()) ** 2 / squares if squares else 0.0


def bootstrap_interval(
    value: float, draws: NDArray[np.float64], *, carriers: int, effective: float | None = None, level: float = LEVEL
) -> tuple[float, float] | None:
    """Return the interval of a value between 0 and 1 from its bootstrap values; NaN values are ignored.

    The standard deviation of the resamples on the logit scale, with Student's t for the number of patients who carry
    the value (for a sensitivity: those with a positive case). Plain percentiles covered 91 % where few patients carry a
    high AUROC, this covers 93–95 %. At 0 and 1, or without spread, Wilson's interval on the effective n (by default the
    number of carriers), since all resamples of 0/n are 0. None for fewer than two carriers.
    """
    if carriers < 2:
        return None
    spread = standard_error(draws, carriers=carriers)
    if has_no_spread(value, spread):
        n = carriers if effective is None else effective
        return wilson(value * n, n, level=level)
    return logit_interval(value, student_quantile(carriers - 1, level) * spread)


def percentile_interval(
    value: float, draws: NDArray[np.float64], *, carriers: int, effective: float | None = None, level: float = LEVEL
) -> tuple[float, float] | None:
    """Return the percentiles of the bootstrap values, with the value inside; else as `bootstrap_interval`.

    For a height that jumps from resample to resample, as a curve's at a steep step: a standard deviation would take the
    jump for spread in both directions, and on the logit scale near 1 reach far below every resample.
    """
    if carriers < 2 or has_no_spread(value, standard_error(draws, carriers=carriers)):
        return bootstrap_interval(value, draws, carriers=carriers, effective=effective, level=level)
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(min(low, value)), float(max(high, value))


def interval_method(value: float, draws: NDArray[np.float64], *, carriers: int) -> str:
    """Return the name of the method that `bootstrap_interval` used."""
    return EFFECTIVE if has_no_spread(value, standard_error(draws, carriers=carriers)) else RESAMPLED


def has_no_spread(value: float, spread: float) -> bool:
    """Return whether the bootstrap cannot measure the uncertainty: at 0, at 1, or where all resamples agree."""
    return not 0 < value < 1 or spread <= _ROUNDING


def does_not_vary(draws: NDArray[np.float64], *, carriers: int) -> bool:
    """Return whether all resamples (resamples,) have the same value, for at least two patients."""
    return standard_error(draws, carriers=carriers) <= _ROUNDING


def logit_interval(value: float, reach: float) -> tuple[float, float]:
    """Return value ± reach for a value inside (0, 1), computed on the logit scale so that the bounds stay inside."""
    from scipy.special import expit

    middle, half = math.log(value / (1 - value)), reach / (value * (1 - value))
    return float(expit(middle - half)), float(expit(middle + half))


def difference_interval(
    value: float, draws: NDArray[np.float64], *, carriers: int, level: float = LEVEL
) -> tuple[float, float] | None:
    """Return the interval of a difference from -1 to 1; None for fewer than two patients or without spread."""
    spread = standard_error(draws, carriers=carriers) if carriers > 1 else 0.0
    if spread <= _ROUNDING:
        return None
    reach = student_quantile(carriers - 1, level) * spread
    return max(-1.0, value - reach), min(1.0, value + reach)


def standard_error(draws: NDArray[np.float64], *, carriers: int) -> float:
    """Return the standard deviation of the defined bootstrap values, corrected for few patients; 0 without any."""
    defined = draws[~np.isnan(draws)]
    if len(defined) < 2:
        return 0.0
    return float(defined.std(ddof=1) * math.sqrt(carriers / (carriers - 1)))


def student_quantile(freedom: int, level: float) -> float:
    """Return the half-width of an interval in standard errors by Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))


def normal_quantile(level: float) -> float:
    """Return the half-width of an interval in standard errors by the normal distribution."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
