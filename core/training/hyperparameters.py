"""Knobs: how one field of TrainSpec is declared, and how a form and a command line see it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidInput


def number_field(default: float, title: str, text: str, *, low: float, high: float, unit: str = "") -> Any:
    """A field that holds a number, whole or not as it is annotated; bounds are inclusive."""
    told = {"title": title, "help": text, "unit": unit, "low": low, "high": high, "choices": ()}
    return field(default=default, metadata=told)


def choice_field(default: str, title: str, text: str, choices: tuple[str, ...]) -> Any:
    """A field that holds one of some words."""
    told = {"title": title, "help": text, "unit": "", "low": None, "high": None, "choices": choices}
    return field(default=default, metadata=told)


def text_field(default: str, title: str, text: str, *, longest: int = 200) -> Any:
    """A field that holds one line."""
    told = {"title": title, "help": text, "unit": "", "low": 0, "high": longest, "choices": ()}
    return field(default=default, metadata=told)


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One field of TrainSpec as a form sees it. `kind` is "int", "float", "choice" or "text"; bounds are inclusive,
    a text's are of its length."""

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
        """The value a text stands for.

        Raises:
            InvalidInput: no such value.
        """
        try:
            return text.strip() if self.kind in ("choice", "text") else int(text) if self.kind == "int" else float(text)
        except ValueError:
            raise self._refusal(text) from None

    def coerce(self, value: Any) -> Any:
        """A whole number where a fraction is meant (1 for 1.0) becomes one, so that equal specs look equal."""
        return float(value) if self.kind == "float" and type(value) is int else value

    def check(self, value: Any) -> None:
        """Refuse a value of another kind or outside the bounds.

        Raises:
            InvalidInput: such a value.
        """
        if self.name == "device" and isinstance(value, str) and re.fullmatch(r"cuda:\d+", value):
            return  # a slot of the launcher: which of several GPUs, nothing a person chooses
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
                f"{self.title} ({self.name}) is {value!r}; give one line of at most {self.high:g} letters."
            )
        wanted = "a whole number" if self.kind == "int" else "a number"
        return InvalidInput(
            f"{self.title} ({self.name}) is '{value}'; give {wanted} from {self.low:g} to {self.high:g}."
        )


def field_kind(annotation: Any, told: Mapping[str, Any]) -> str:
    """The kind of a field, by what it is annotated with and what was told of it."""
    return {int: "int", float: "float"}.get(annotation, "choice" if told["choices"] else "text")
