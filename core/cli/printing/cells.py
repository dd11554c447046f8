"""One value as a person reads it in a cell of a table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from core.cli.printing.result import is_empty, readable

CELL_LIMIT = 120  # characters of a value beside others; a longer one is printed below them
LONG, ENDS = 12, 3  # a longer list is cut to its ends
SHA256, SHORT = 64, 12  # characters of a hash, and those that are shown of it


def heading(key: str) -> str:
    """Return a key as the heading of a column: `best_epoch` is "best epoch"."""
    return str(key).replace("_", " ")


def fits(value: Any) -> bool:
    """Say whether a value stands in a cell: it holds no records, and is short."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(part, dict | list) for part in parts) and len(cell("", value).plain) <= CELL_LIMIT


def is_blank(value: Any) -> bool:
    """Say whether nothing is to be shown of a value: it is empty, or all within it is."""
    return is_empty(value) or (isinstance(value, dict) and all(map(is_blank, value.values())))


def cell(key: str, value: Any) -> Text:
    """Return the text of a cell, by the key and the type of the value."""
    if is_empty(value):
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int | float) and key == "at":
        return Text(f"{datetime.fromtimestamp(value):%Y-%m-%d %H:%M}" if value else "")
    if isinstance(value, dict) and {"value", "low", "high"} <= value.keys():
        return Text(_interval(value))
    if isinstance(value, list) and len(value) > LONG:
        ends = f"{readable(value[:ENDS])}, … {readable(value[-ENDS:])}"
        return Text(f"{ends} ({len(value)} values; --json prints all)")
    text = readable(value)
    return Text(f"{text[:SHORT]}…" if _is_hash(text) else text)


def _interval(metric: Mapping[str, Any]) -> str:
    """Return "0.91 (0.85 to 0.95)", or the note that says why there is no value."""
    if metric["value"] is None:
        return str(metric.get("note") or "")
    value, low, high = (readable(metric[name]) for name in ("value", "low", "high"))
    return value if metric["low"] is None else f"{value} ({low} to {high})"


def _is_hash(text: str) -> bool:
    return len(text) == SHA256 and not text.strip("0123456789abcdef")
