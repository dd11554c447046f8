"""A metric as displayed: value, confidence interval, n, and a note where something must be explained."""

from dataclasses import asdict, dataclass
from typing import Any

RESAMPLED = "whole patients resampled"
WILSON = "Wilson"
DELONG = "DeLong"
EFFECTIVE = "Wilson on the effective n"
PARTS = "from the intervals of its parts (MOVER)"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """`value` is None where the number is undefined; `note` then says why. `low` and `high` bound 95 %, or are None.

    `n` counts the cases the number is about: for sensitivity the positive ones, for PPV those called positive.
    `method` says how the interval was made: "whole patients resampled", "Wilson", "DeLong", "Wilson on the effective
    n", "from the intervals of its parts (MOVER)" where one of these does not vary between resamples; "" without one.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    note: str = ""
    method: str = ""

    def to_json(self) -> dict[str, Any]:
        """Keys value, low, high, n, note, method; never NaN."""
        return asdict(self)
