"""Hyperparameters: how a field of TrainSpec is declared, and how the form and the command line see it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidInput


def number_field(default: float, title: str, text: str, *, low: float, high: float, unit: str = "") -> Any:
    """Declare a number, integer or float as annotated; bounds are inclusive."""
    metadata = {"title": title, "help": text, "unit": unit, "low": low, "high": high, "choices": ()}
    return field(default=default, metadata=metadata)


def choice_field(default: str, title: str, text: str, choices: tuple[str, ...]) -> Any:
    """Declare a choice."""
    metadata = {"title": title, "help": text, "unit": "", "low": None, "high": None, "choices": choices}
    return field(default=default, metadata=metadata)


def text_field(default: str, title: str, text: str, *, longest: int = 200) -> Any:
    """Declare a line of text."""
    metadata = {"title": title, "help": text, "unit": "", "low": 0, "high": longest, "choices": ()}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A field of TrainSpec. `kind` is "int", "float", "choice" or "text".

    Bounds are inclusive, for text of its length.
    """

    name: str
    title: str
    help: str
    unit: str
    kind: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    default: Any

    def parse(self, text: str) -> Any:
        """Parse a text.

        Raises:
            InvalidInput: not a value of this kind.
        """
        try:
            return text.strip() if self.kind in ("choice", "text") else int(text) if self.kind == "int" else float(text)
        except ValueError:
            raise self._refusal(text) from None

    def coerce(self, value: Any) -> Any:
        """Convert an integer to float where a float is expected (1 to 1.0), so that equal specs compare equal."""
        return float(value) if self.kind == "float" and type(value) is int else value

    def check(self, value: Any) -> None:
        """Check type and bounds of a value.

        Raises:
            InvalidInput: a value of another type or outside the bounds.
        """
        if self.name == "device" and isinstance(value, str) and re.fullmatch(r"cuda:\d+", value):
            return  # set by the launcher to select one of several GPUs
        if not (value in self.choices if self.kind == "choice" else self._within(value)):
            raise self._refusal(value)

    def _within(self, value: Any) -> bool:
        if self.kind == "text":
            return isinstance(value, str) and value.isprintable() and len(value) <= (self.high or 0)
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "int" else int | float):
            return False
        return (
            self.low is not None and self.high is not None and math.isfinite(value) and self.low <= value <= self.high
        )

    def _refusal(self, value: Any) -> InvalidInput:
        if self.kind == "choice":
            return InvalidInput(f"{self.title} ({self.name}) is '{value}'; choose one of {', '.join(self.choices)}.")
        if self.kind == "text":
            return InvalidInput(
                f"{self.title} ({self.name}) is {value!r}; enter one line of at most {self.high:g} characters."
            )
        expected = "a whole number" if self.kind == "int" else "a number"
        return InvalidInput(
            f"{self.title} ({self.name}) is '{value}'; give {expected} from {self.low:g} to {self.high:g}."
        )


def field_kind(annotation: Any, metadata: Mapping[str, Any]) -> str:
    """Return the kind of a field from its annotation and metadata."""
    return {int: "int", float: "float"}.get(annotation, "choice" if metadata["choices"] else "text")
