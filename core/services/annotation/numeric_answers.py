"""Answers that are a number with a unit: read from text, held against what the task accepts, told to people."""

import math
import re

from core.errors import InvalidInput
from db.tables import Task

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def read(task: Task, text: str) -> float:
    """The number that a text of a file says.

    Raises:
        InvalidInput: it is no number, or none that the task accepts.
    """
    if not NUMBER.fullmatch(text.strip()):
        raise InvalidInput(f"'{text[:40]}' is no number, which task '{task.name}' asks for; write it like 61.5.")
    return checked(task, float(text))


def checked(task: Task, value: float | None) -> float:
    """The number, where the task accepts it.

    Raises:
        InvalidInput: nothing is said, it is not finite, or it lies outside the task's range.
    """
    if value is None:
        raise InvalidInput(f"An answer of task '{task.name}' is a number; type it, or say that it cannot be assessed.")
    if not math.isfinite(value) or value < low(task) or value > high(task):
        raise InvalidInput(
            f"Task '{task.name}' does not accept {format_value(value, task.measure)}; "
            f"give a number {format_range(task.low, task.high, task.measure)}."
        )
    return float(value)


def format_value(value: float, measure: str = "") -> str:
    """`61.5 years`."""
    return f"{value:.10g} {measure}".strip()


def format_range(least: float | None, most: float | None, measure: str = "") -> str:
    """`from 0 to 120 years`, `of at least 0`, or that it is finite."""
    if least is not None and most is not None:
        return f"from {least:.10g} to {format_value(most, measure)}"
    if least is not None:
        return f"of at least {format_value(least, measure)}"
    return f"of at most {format_value(most, measure)}" if most is not None else "that is finite"


def low(task: Task) -> float:
    """The least that is accepted."""
    return -math.inf if task.low is None else task.low


def high(task: Task) -> float:
    """The most that is accepted."""
    return math.inf if task.high is None else task.high


def checked_range(least: float | None, most: float | None, name: str) -> None:
    """Refuse a range that nothing lies in.

    Raises:
        InvalidInput: a bound that is not finite, or a lower one that is not below the upper one.
    """
    for bound in (least, most):
        if bound is not None and not math.isfinite(bound):
            raise InvalidInput(f"Task '{name}' is to accept numbers up to {bound}; give a finite bound, or none.")
    if least is not None and most is not None and least >= most:
        raise InvalidInput(f"Task '{name}' is to accept numbers from {least:g} to {most:g}; the first must be smaller.")
