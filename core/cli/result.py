"""The result of a command, and how it reads as plain text."""

from typing import Any

Output = dict[str, Any] | list[Any]


def lines(result: Output, indent: str = "") -> list[str]:
    """Return plain text: one line per value, one line per item of a list."""
    if isinstance(result, list):
        return [f"{indent}{readable(item)}" for item in result] or [f"{indent}none yet"]
    text: list[str] = []
    for key, value in result.items():
        if isinstance(value, dict | list) and value:
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
        return ", ".join(readable(inner) for inner in value)
    return str(value)


def is_empty(value: Any) -> bool:
    """Say whether there is nothing to print: None, or an empty text, list or dict (0 and False are values)."""
    return value is None or (isinstance(value, str | dict | list | tuple) and not value)
