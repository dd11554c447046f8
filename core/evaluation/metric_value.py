"""A metric as displayed: value, confidence interval, n, and a note where something must be explained."""

from dataclasses import dataclass, replace
from typing import Any

RESAMPLED = "patient-level bootstrap"
WILSON = "Wilson"
DELONG = "DeLong"
EFFECTIVE = "Wilson on the effective n"
PARTS = "from the intervals of its parts (MOVER)"
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
