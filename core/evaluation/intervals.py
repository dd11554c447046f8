"""95 % intervals: of a proportion of independent things, and of a number resampled over patients."""

import math

import numpy as np
from numpy.typing import NDArray


def wilson(successes: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion; never of zero width, 0/n and n/n included. n above 0.

    Source: Wilson, JASA 22 (1927) 209–212.
    """
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a proportion, never too narrow. n above 0.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404–413.
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, successes, n - successes + 1)) if successes > 0 else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, n - successes)) if successes < n else 1.0
    return low, high


def interval(
    value: float, draws: NDArray[np.float64], *, carriers: int, level: float = 0.95
) -> tuple[float, float] | None:
    """Of a number between 0 and 1, from its values on resamples of patients; NaN draws are passed over.

    The spread of the resamples on the logit scale, with Student's t for the patients who carry the number
    (for a sensitivity: those with a positive image). Plain percentiles covered 91 % where few patients carry a
    high AUROC, this 93–95 %. At 0 and 1, or without spread, Wilson's interval as if each patient were one image.
    None where fewer than two patients carry the number.
    """
    if carriers < 2:
        return None
    spread = standard_error(draws, carriers=carriers)
    if not 0 < value < 1 or not spread > 0:
        return wilson(value * carriers, carriers, level=level)
    reach = student(carriers - 1, level) * spread / (value * (1 - value))
    middle = math.log(value / (1 - value))
    return _expit(middle - reach), _expit(middle + reach)


def difference_interval(
    value: float, draws: NDArray[np.float64], *, carriers: int, level: float = 0.95
) -> tuple[float, float] | None:
    """Of a difference of two such numbers, from -1 to 1; None where fewer than two patients carry it."""
    if carriers < 2:
        return None
    reach = student(carriers - 1, level) * standard_error(draws, carriers=carriers)
    return max(-1.0, value - reach), min(1.0, value + reach)


def standard_error(draws: NDArray[np.float64], *, carriers: int) -> float:
    """Standard deviation of the defined draws, corrected for a bootstrap of few patients; 0 if there are none."""
    defined = draws[~np.isnan(draws)]
    if len(defined) < 2:
        return 0.0
    return float(defined.std(ddof=1) * math.sqrt(carriers / (carriers - 1)))


def student(freedom: int, level: float) -> float:
    """How many standard errors an interval of that level reaches each way (Student's t)."""
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, freedom))


def _expit(x: float) -> float:
    # The two branches keep exp from overflowing where a resample is all but 0 or 1.
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
