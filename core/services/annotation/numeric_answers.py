"""Read, check and format answers that are a number with a unit."""

import math
import re

from core.errors import InvalidInput
from db.tables import Task

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def read(task: Task, text: str) -> float:
    """Parse a number from a file.

    Raises:
        InvalidInput: not a number, or out of the task's range.
    """
    if not NUMBER.fullmatch(text.strip()):
        raise InvalidInput(f"Task '{task.name}' needs a number, but the value is '{text[:40]}'; write it like 61.5.")
    return checked(task, float(text))


def checked(task: Task, value: float | None) -> float:
    """Return the number if the task accepts it.

    Raises:
        InvalidInput: no number, not finite, or out of the task's range.
    """
    if value is None:
        raise InvalidInput(f"Task '{task.name}' needs a number; enter it, or choose 'cannot be assessed'.")
    if not math.isfinite(value) or value < low(task) or value > high(task):
        raise InvalidInput(
            f"{format_value(value, task.measure)} is out of range for task '{task.name}'; "
            f"give a number {format_range(task.low, task.high, task.measure)}."
        )
    return float(value)


def format_value(value: float, measure: str = "") -> str:
    """Format a number with its unit, such as `61.5 years`."""
    return f"{value:.10g} {measure}".strip()


def format_range(least: float | None, most: float | None, measure: str = "") -> str:
    """Format a range, such as `from 0 to 120 years`, `of at least 0`, or `that is finite`."""
    if least is not None and most is not None:
        return f"from {least:.10g} to {format_value(most, measure)}"
    if least is not None:
        return f"of at least {format_value(least, measure)}"
    return f"of at most {format_value(most, measure)}" if most is not None else "that is finite"


def low(task: Task) -> float:
    """Return the lower bound of the task's range."""
    return -math.inf if task.low is None else task.low


def high(task: Task) -> float:
    """Return the upper bound of the task's range."""
    return math.inf if task.high is None else task.high


def checked_range(least: float | None, most: float | None, name: str) -> None:
    """Refuse an empty range.

    Raises:
        InvalidInput: a bound that is not finite, or a lower bound that is not below the upper one.
    """
    for bound in (least, most):
        if bound is not None and not math.isfinite(bound):
            raise InvalidInput(f"The range of task '{name}' has the bound {bound}; give a finite bound, or none.")
    if least is not None and most is not None and least >= most:
        raise InvalidInput(
            f"The range of task '{name}' goes from {least:g} to {most:g}; the first bound must be smaller."
        )
