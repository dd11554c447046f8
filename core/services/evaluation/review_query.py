"""Name the cases of a run under review: the question, the operating point that is tried, and the selection."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReviewQuery:
    """Select cases of a run's split.

    `finding` is the position of a finding, `positive` the positive class of many (one against the rest; -1: all).
    `truth` and `called` are a cell of the confusion matrix (-1: any), `at` is a trial threshold (-1: the stored
    operating point), `span` scores as low:high, `group` metadata as name=value joined by &. `level` and `scale`
    replace those of the stored point: image, max, mean or noisy_or; plain, temperature or isotonic. `other` and
    `change` are a second run, the baseline, and how the run differs from it; `rule` is one rule for the operating
    points of both, such as sensitivity:0.95 or threshold:0.5 ("": their saved points).
    """

    run: int = 0
    split: str = "test"
    finding: int = 0
    positive: int = -1
    truth: int = -1
    called: int = -1
    at: float = -1.0
    span: str = ""
    group: str = ""
    level: str = ""
    scale: str = ""
    other: int = 0
    change: str = ""
    rule: str = ""

    @property
    def question(self) -> tuple[int, str, int, int]:
        """The question without the selection."""
        return self.run, self.split, self.finding, self.positive

    @property
    def between(self) -> tuple[float, float] | None:
        """The range of scores; an end that is not a number is 0 or 1."""
        low, _, high = self.span.partition(":")
        return None if not self.span else (_finite(low, 0.0), _finite(high, 1.0))

    @property
    def one_rule(self) -> tuple[dict[str, Any] | None, float | None]:
        """The rule for both runs of a comparison, and the threshold of a manual one; None for the saved points."""
        kind, _, value = self.rule.partition(":")
        if kind == "threshold":
            return {"kind": kind}, _finite(value, 0.5)
        return ({"kind": kind, "at_least": _finite(value, 0.95)}, None) if kind else (None, None)


def _finite(text: str, default: float) -> float:
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default
