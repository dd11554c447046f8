"""PPV, NPV and their complements at another prevalence, by Bayes' theorem from sensitivity and specificity."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.errors import InvalidInput
from core.evaluation.averaging import balanced_accuracy
from core.evaluation.bootstrap import divide
from core.evaluation.estimate import Bounds, Estimate, is_degenerate
from core.evaluation.metric_value import PARTS
from core.evaluation.metrics import PREDICTIVE_VALUES, RATIOS, Floats, Ratio
from core.evaluation.mover import mover_half_width

_TINY = 1e-300  # keeps a logarithm finite where a bound is all but 0 or 1


def predictive_values(sensitivity: Floats, specificity: Floats, prevalence: float) -> tuple[Floats, Floats]:
    """Return PPV and NPV at a prevalence, NaN where no case would be predicted so.

    >>> [round(float(value[0]), 3) for value in predictive_values(np.array([0.9]), np.array([0.9]), 0.01)]
    [0.083, 0.999]
    """
    positive, negative = prevalence, 1 - prevalence
    ppv = divide(sensitivity * positive, sensitivity * positive + (1 - specificity) * negative)
    npv = divide(specificity * negative, specificity * negative + (1 - sensitivity) * positive)
    return ppv, npv


def check_prevalence(prevalence: float) -> None:
    """Raise InvalidInput unless the prevalence lies between 0 and 1."""
    if not 0 < prevalence < 1:
        raise InvalidInput(f"The prevalence is {prevalence!r}; give a number between 0 and 1, such as 0.02.")


def predictive_values_at(estimates: Mapping[str, Estimate], prevalence: float) -> dict[str, Estimate]:
    """Return the estimates of PREDICTIVE_VALUES from those of sensitivity and specificity, by name.

    Raises:
        InvalidInput: a prevalence that is not between 0 and 1.
    """
    check_prevalence(prevalence)
    sides = (estimates["sensitivity"], estimates["specificity"])
    return {
        key: _predictive_value(RATIOS[key], estimates[key].undefined, sides, prevalence) for key in PREDICTIVE_VALUES
    }


def _predictive_value(ratio: Ratio, undefined: str, sides: tuple[Estimate, Estimate], prevalence: float) -> Estimate:
    """Return PPV or NPV, by the side of the denominator; 1 minus it where the numerator counts wrong predictions."""
    position = 0 if "tp" in ratio.denominator else 1
    value = predictive_values(np.array([sides[0].value]), np.array([sides[1].value]), prevalence)[position]
    draws = predictive_values(sides[0].bootstrap, sides[1].bootstrap, prevalence)[position]
    mean = balanced_accuracy(*sides)
    estimate = replace(
        mean,
        value=float(value[0]),
        bootstrap=draws,
        parts=(),
        undefined=mean.undefined or undefined,
        note=f"At a prevalence of {prevalence:.4g}.",
    )
    if not estimate.undefined:
        estimate = replace(estimate, bounds=_bounds(estimate, sides, prevalence, position))
    return estimate if ratio.numerator[0] in ("tp", "tn") else _complement(estimate)


def _complement(estimate: Estimate) -> Estimate:
    bounds = estimate.bounds and Bounds(1 - estimate.bounds.high, 1 - estimate.bounds.low, estimate.bounds.method)
    return replace(estimate, value=1 - estimate.value, bootstrap=1 - estimate.bootstrap, bounds=bounds)


def _bounds(estimate: Estimate, sides: tuple[Estimate, Estimate], prevalence: float, position: int) -> Bounds | None:
    """Return the bounds, or None where the bootstrap gives them."""
    if not 0 < estimate.value < 1:
        return _bounds_from_limits(sides, prevalence, position)
    return (
        _bounds_on_log_odds(estimate.value, *sides[:: 1 - 2 * position])
        if any(is_degenerate(side) for side in sides)
        else None
    )


def _bounds_from_limits(sides: tuple[Estimate, Estimate], prevalence: float, position: int) -> Bounds | None:
    """Return conservative bounds at 0 and 1, from the limits of sensitivity and specificity."""
    low, high = ([getattr(side.figure(), end) for side in sides] for end in ("ci_low", "ci_high"))
    if None in low or None in high:
        return None
    values = [
        float(predictive_values(np.array(end[:1]), np.array(end[1:]), prevalence)[position][0]) for end in (low, high)
    ]
    return Bounds(values[0], values[1], f"{sides[1 - position].figure().method}, of sensitivity and specificity")


def _bounds_on_log_odds(value: float, right: Estimate, other: Estimate) -> Bounds | None:
    """Return bounds from the intervals of both sides on the log odds, where PPV is a difference (MOVER, see mover.py).

    log(PPV / (1 − PPV)) = log sensitivity − log(1 − specificity) + log odds of the prevalence; for the NPV with the
    sides exchanged. The prevalence is known and the sides come from different cases, so two independent logarithms
    remain, and each limit is the logarithm of a limit. Inside (0, 1) `right` is above 0 and `other` below 1.
    """
    interval, other_interval = right.figure(), other.figure()
    if (
        interval.ci_low is None
        or interval.ci_high is None
        or other_interval.ci_low is None
        or other_interval.ci_high is None
    ):
        return None
    down = mover_half_width(
        (_log_ratio(right.value, interval.ci_low), _log_ratio(1 - other_interval.ci_low, 1 - other.value))
    )
    up = mover_half_width(
        (_log_ratio(interval.ci_high, right.value), _log_ratio(1 - other.value, 1 - other_interval.ci_high))
    )
    odds = value / (1 - value)
    lowest_odds = odds * math.exp(-down)
    return Bounds(lowest_odds / (1 + lowest_odds), odds / (odds + math.exp(-up)), PARTS)


def _log_ratio(high: float, low: float) -> float:
    return math.log(high) - math.log(max(low, _TINY))
