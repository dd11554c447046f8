"""A metric as displayed: value, interval, n and note; and whether a difference is better or worse."""

from dataclasses import dataclass, replace
from typing import Any

from core.evaluation.metrics import METRICS

RESAMPLED = "patient-level bootstrap"
WILSON = "Wilson"
DELONG = "DeLong"
EFFECTIVE = "Wilson on the effective n"
PARTS = "from the intervals of its parts (MOVER)"


HIGHER_IS_BETTER = {key: metric.higher_is_better for key, metric in METRICS.items()} | {
    "r2": True,
    "mae": False,
    "mse": False,
    "rmse": False,
}
"""Whether more is better, of each metric of classes and of numbers that is compared."""

BETTER, WORSE, UNCLEAR, SAME = "better", "worse", "no clear difference", "the same"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """`value` is None where the number is undefined; `note` then says why.

    `ci_low` and `ci_high` are the ends of the 95 % interval, or None.

    `n` counts the cases the number is about: for sensitivity the positive ones, for PPV those called positive.
    `method` says how the interval was made: "patient-level bootstrap", "Wilson", "DeLong", "Wilson on the effective
    n", "from the intervals of its parts (MOVER)" where one of these does not vary between resamples; "" without one.
    """

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    note: str = ""
    method: str = ""

    def negated(self) -> "MetricValue":
        """Return minus the value, as of a difference the other way round."""
        value, low, high = (None if one is None else 0.0 - one for one in (self.value, self.ci_high, self.ci_low))
        return replace(self, value=value, ci_low=low, ci_high=high)

    def to_json(self) -> dict[str, Any]:
        """Return the plain values under the keys of the command line and of CSV files; never NaN."""
        return {
            "value": self.value,
            "low": self.ci_low,
            "high": self.ci_high,
            "n": self.n,
            "note": self.note,
            "method": self.method,
        }


def change(metric: str, difference: MetricValue) -> str:
    """Return how the run compares with the baseline, of a difference run − baseline; "" if it is undefined.

    It is better or worse only where the 95 % interval leaves out 0.

    >>> change("brier", MetricValue(-0.1, -0.2, -0.05, 60)), change("auroc", MetricValue(0.1, -0.1, 0.3, 60))
    ('better', 'no clear difference')
    """
    value, low, high = difference.value, difference.ci_low, difference.ci_high
    if value is None:
        return ""
    if value == 0 and low is None:
        return SAME
    if low is None or high is None or low <= 0 <= high:
        return UNCLEAR
    return BETTER if (value > 0) is HIGHER_IS_BETTER[metric] else WORSE
