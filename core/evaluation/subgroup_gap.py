"""How far a group is from the rest, how sure that is, and what is left of it after looking at many groups."""

import math
from collections.abc import Sequence

import numpy as np

from core.evaluation.confidence_intervals import LEVEL, normal_quantile
from core.evaluation.estimate import Estimate
from core.evaluation.metric_value import MetricValue
from core.evaluation.mover import correlations, mover_half_width

GAP = "from both intervals (MOVER)"


def difference(own: Estimate, rest: Estimate, *, shared: bool) -> tuple[MetricValue, float | None]:
    """Own minus rest, and how many standard errors that is; `shared` says whether a patient is in both.

    From the two intervals, so a group at 0 or 1 has an honest gap too. The standard error is that which makes the
    interval end at zero, so the two never contradict each other. Source: Zou and Donner, Statistics in Medicine 27
    (2008) 1693–1702; Newcombe, Statistics in Medicine 17 (1998) 873–890, for proportions.
    """
    one, other = own.figure(), rest.figure()
    n = one.n + other.n
    if one.value is None or other.value is None:
        return MetricValue(None, None, None, n, one.note if one.value is None else other.note), None
    far = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return MetricValue(None, None, None, n, "Undefined: one side is of a single patient."), None
    together = correlations([own.draws, rest.draws]) if shared else None
    down = mover_half_width((one.value - one.low, other.value - other.high), together)
    up = mover_half_width((one.high - one.value, other.low - other.value), together)
    towards = up if far < 0 else down
    errors = far * normal_quantile(LEVEL) / towards if towards > 0 else None
    return MetricValue(far, max(-2.0, far - down), min(2.0, far + up), n, method=GAP), errors


def two_sided_p(errors: float) -> float:
    """The chance of being as many standard errors away, either way, where there is no gap."""
    return math.erfc(abs(errors) / math.sqrt(2))


def holm(chances: Sequence[float]) -> list[float]:
    """Return each p corrected for all of them by Holm's step-down, in the order given.

    Valid however the groups overlap. Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65–70.
    """
    p = np.asarray(chances, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, stepped)
    return [float(one) for one in adjusted]
