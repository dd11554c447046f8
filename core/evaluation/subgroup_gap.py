"""Difference between a subgroup and all other cases, its interval and p value, and Holm's correction."""

import math
from collections.abc import Sequence

import numpy as np

from core.evaluation.confidence_intervals import LEVEL, normal_quantile
from core.evaluation.estimate import Estimate
from core.evaluation.metric_value import MetricValue
from core.evaluation.mover import correlations, mover_half_width

GAP = "from both intervals (MOVER)"


def difference(group: Estimate, rest: Estimate, *, shared: bool) -> tuple[MetricValue, float | None]:
    """Return group minus rest with its interval, and the z score; `shared` says whether a patient is in both.

    Computed from the two intervals, so a group at 0 or 1 also gets a valid gap. The standard error is the one for which
    the interval would end at zero, so interval and p value never contradict each other.

    Source: Zou and Donner, Statistics in Medicine 27 (2008) 1693–1702; Newcombe, Statistics in Medicine 17 (1998)
    873–890, for proportions.
    """
    group_value, rest_value = group.figure(), rest.figure()
    n = group_value.n + rest_value.n
    if group_value.value is None or rest_value.value is None:
        return MetricValue(
            None, None, None, n, group_value.note if group_value.value is None else rest_value.note
        ), None
    gap = group_value.value - rest_value.value
    if (
        group_value.ci_low is None
        or group_value.ci_high is None
        or rest_value.ci_low is None
        or rest_value.ci_high is None
    ):
        return MetricValue(None, None, None, n, "Undefined: one side has a single patient."), None
    correlation = correlations([group.bootstrap, rest.bootstrap]) if shared else None
    down = mover_half_width(
        (group_value.value - group_value.ci_low, rest_value.value - rest_value.ci_high), correlation
    )
    up = mover_half_width((group_value.ci_high - group_value.value, rest_value.ci_low - rest_value.value), correlation)
    half_width = up if gap < 0 else down
    z_score = gap * normal_quantile(LEVEL) / half_width if half_width > 0 else None
    return MetricValue(gap, max(-2.0, gap - down), min(2.0, gap + up), n, method=GAP), z_score


def two_sided_p(z_score: float) -> float:
    """Return the two-sided p value of a z score."""
    return math.erfc(abs(z_score) / math.sqrt(2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values corrected by Holm's step-down procedure, in the same order.

    Valid for overlapping groups. Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65–70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, stepped)
    return [float(p_value) for p_value in adjusted]
