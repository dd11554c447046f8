"""The result of a command, and how it reads as plain text."""

from typing import Any

from core.errors import UserError

Output = dict[str, Any] | list[Any]


class FailedWithReport(UserError):
    """A command that failed and has something to report all the same, such as why each file was refused."""

    def __init__(self, sentence: str, report: dict[str, Any]) -> None:
        """Take the error and what is printed beside it."""
        super().__init__(sentence)
        self.report = report


class Millions(int):
    """A large count: whole in JSON, in rounded millions for people."""

    def __str__(self) -> str:
        """Return "11.2 M"."""
        return f"{self / 1e6:.3g} M"


class JsonOnly(dict[str, Any]):
    """Values whose key keeps an older meaning in JSON; people read the newer key beside it."""


def lines(result: Output, indent: str = "") -> list[str]:
    """Return plain text: one line per value, one line per item of a list."""
    if isinstance(result, list):
        return [f"{indent}{readable(item)}" for item in result] or [f"{indent}none yet"]
    text: list[str] = []
    for key, value in result.items():
        if isinstance(value, dict | list) and not is_empty(value):
            text += [f"{indent}{key}:", *lines(value, indent + "  ")]
        elif not is_empty(value):
            text.append(f"{indent}{key}: {readable(value)}")
    return text


def readable(value: Any) -> str:
    """Return a value as a person reads it: numbers with four significant digits, lists and pairs on one line."""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {readable(inner)}" for key, inner in value.items() if not is_empty(inner))
    if isinstance(value, list | tuple):
        return ", ".join(readable(inner).replace(", ", " ") if _is_list(inner) else readable(inner) for inner in value)
    return str(value)


def is_empty(value: Any) -> bool:
    """Say whether there is nothing to print: None, or an empty text, list or dict (0 and False are values)."""
    return value is None or isinstance(value, JsonOnly) or (isinstance(value, str | dict | list | tuple) and not value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
