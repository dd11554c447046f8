"""Read values of a header that may be damaged: what is needed is refused by name, what is optional becomes a note."""

from collections.abc import MutableSequence
from math import isfinite
from typing import Any

from core.errors import RejectedFile

UNREADABLE = (ValueError, TypeError, OverflowError, NotImplementedError, AttributeError, KeyError, IndexError)
IGNORED = "ignored_attribute"


def optional(header: Any, name: str, notes: list[str]) -> Any:
    """Return a value; None, with a note, if it cannot be read."""
    try:
        return header.get(name)
    except UNREADABLE:
        notes.append(IGNORED)
        return None


def items(header: Any, name: str, notes: list[str]) -> list[Any]:
    """Return the items of a sequence; [] if it is absent, and with a note if it is damaged."""
    value = optional(header, name, notes)
    if value is None:
        return []
    if not isinstance(value, MutableSequence):
        notes.append(IGNORED)
        return []
    return [one for one in value if hasattr(one, "get")]


def number(header: Any, name: str) -> float | None:
    """Return a number that the pixels need; None if the header has none.

    Raises:
        RejectedFile: there is a value, and it is no number.
    """
    try:
        value = header.get(name)
        if value is None or value == "":
            return None
        amount = float(value)
    except UNREADABLE:
        amount = float("nan")
    if isfinite(amount):
        return amount
    raise RejectedFile(f"has the {name} '{raw_text(header, name)}', which is no number; correct it and import again.")


def raw_text(header: Any, name: str) -> str:
    """Return a value as it lies in the file, at most 40 characters of it."""
    try:
        value = header.get_item(name).value
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    except (*UNREADABLE, AssertionError):
        text = "?"
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip()[:40])


def first_number(value: Any) -> float | None:
    """Return the first of one or several numbers, None if it is no finite number."""
    try:
        amount = float(value[0] if isinstance(value, MutableSequence) else value)
    except UNREADABLE:
        return None
    return amount if isfinite(amount) else None


def count(header: Any, name: str, default: int = 0) -> int:
    """Return a whole number, `default` if there is none or it cannot be read."""
    try:
        value = header.get(name)
        return default if value is None or value == "" else int(value)
    except UNREADABLE:
        return default
