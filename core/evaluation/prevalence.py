"""PPV and NPV where as many are ill as somebody says: by Bayes, from sensitivity and specificity."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.errors import InvalidInput
from core.evaluation.averaging import balanced_accuracy
from core.evaluation.bootstrap import divide
from core.evaluation.estimate import Bounds, Estimate, is_degenerate
from core.evaluation.metric_value import PARTS
from core.evaluation.metrics import Floats
from core.evaluation.mover import mover_half_width

_TINY = 1e-300  # keeps a logarithm finite where a bound is all but 0 or 1


def predictive_values(sensitivity: Floats, specificity: Floats, prevalence: float) -> tuple[Floats, Floats]:
    """PPV and NPV at a prevalence, NaN where nothing would be called so."""
    ill, well = prevalence, 1 - prevalence
    ppv = divide(sensitivity * ill, sensitivity * ill + (1 - specificity) * well)
    npv = divide(specificity * well, specificity * well + (1 - sensitivity) * ill)
    return ppv, npv


def check_prevalence(prevalence: float) -> None:
    """Raise InvalidInput unless it lies between 0 and 1."""
    if not 0 < prevalence < 1:
        raise InvalidInput(f"The prevalence is {prevalence!r}; give a share between 0 and 1, such as 0.02.")


def predictive_values_at(found: Mapping[str, Estimate], prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV by name, from all of `decided.NAMES` but MCC and kappa.

    Raises:
        InvalidInput: a prevalence that is not between 0 and 1.
    """
    check_prevalence(prevalence)
    sides = (found["sensitivity"], found["specificity"])
    base = replace(balanced_accuracy(*sides), parts=(), note=f"At a prevalence of {prevalence:.4g}.")
    values = predictive_values(np.array([sides[0].value]), np.array([sides[1].value]), prevalence)
    draws = predictive_values(sides[0].draws, sides[1].draws, prevalence)
    made: dict[str, Estimate] = {}
    for at, key in enumerate(("ppv", "npv")):
        value = float(values[at][0])
        one = replace(base, value=value, draws=draws[at], undefined=base.undefined or found[key].undefined)
        made[key] = one if one.undefined else replace(one, bounds=_bounds(one, sides, prevalence, at))
    return made


def _bounds(one: Estimate, sides: tuple[Estimate, Estimate], prevalence: float, at: int) -> Bounds | None:
    """None where the resamples can tell."""
    if not 0 < one.value < 1:
        return _outer(sides, prevalence, at)
    return _on_odds(one.value, *sides[:: 1 - 2 * at]) if any(is_degenerate(side) for side in sides) else None


def _outer(sides: tuple[Estimate, Estimate], prevalence: float, at: int) -> Bounds | None:
    """At 0 and 1, where resamples do not differ: from the bounds of sensitivity and specificity, so rather too wide."""
    low, high = ([getattr(side.figure(), end) for side in sides] for end in ("low", "high"))
    if None in low or None in high:
        return None
    reached = [float(predictive_values(np.array(end[:1]), np.array(end[1:]), prevalence)[at][0]) for end in (low, high)]
    return Bounds(reached[0], reached[1], f"{sides[1 - at].figure().method}, of sensitivity and specificity")


def _on_odds(value: float, right: Estimate, other: Estimate) -> Bounds | None:
    """From the intervals of both sides, on the log of the odds, which is a difference there (MOVER, see mover.py).

    log(PPV / (1 − PPV)) = log sensitivity − log(1 − specificity) + log odds of the prevalence; of the NPV with the
    sides changed. The prevalence is known and the sides are of different cases, so what is left are two logarithms,
    of which each bound is the logarithm of the bound. Inside 0 to 1 `right` is above 0 and `other` below 1.
    """
    mine, beside = right.figure(), other.figure()
    if mine.low is None or mine.high is None or beside.low is None or beside.high is None:
        return None
    down = mover_half_width((_apart(right.value, mine.low), _apart(1 - beside.low, 1 - other.value)))
    up = mover_half_width((_apart(mine.high, right.value), _apart(1 - other.value, 1 - beside.high)))
    odds = value / (1 - value)
    least = odds * math.exp(-down)
    return Bounds(least / (1 + least), odds / (odds + math.exp(-up)), PARTS)


def _apart(high: float, low: float) -> float:
    return math.log(high) - math.log(max(low, _TINY))
