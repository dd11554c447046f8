"""One number as a person may see it: with its interval, its n, and a sentence where something has to be said."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None where the number is undefined; `note` then says why. `low` and `high` bound 95 %, or are None.

    `n` counts the images the number is about: for sensitivity the positive ones, for PPV those called positive.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Keys value, low, high, n, note; never NaN."""
        return asdict(self)
