"""What a command says: lines on a terminal, or JSON where asked; what fails is one sentence on standard error."""

import json
import sys
from collections.abc import Callable
from typing import Any

Output = dict[str, Any] | list[Any]


def show(said: Output, as_json: bool) -> int:
    """Print a command's result; gives the exit code."""
    failed = isinstance(said, dict) and "error" in said
    if failed and isinstance(said, dict):
        print(said["error"], file=sys.stderr)
    if as_json:
        print(json.dumps(said, ensure_ascii=False, default=str, allow_nan=False))
    else:
        print("\n".join(_lines(said)))
    return 1 if failed or (isinstance(said, dict) and said.get("ok") is False) else 0


def fail(sentence: str, as_json: bool) -> int:
    """Print what went wrong; gives the exit code."""
    print(sentence, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": sentence}))
    return 1


def progress(text: str, *, end: bool = False) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\n" if end and text else "", file=sys.stderr, flush=True)


def counted(what: str) -> Callable[[int, int], None]:
    """Progress by number: how many of how many."""
    return lambda done, expected: progress(f"{done}/{expected} {what}", end=done == expected)


def _lines(said: Output, indent: str = "") -> list[str]:
    """Plain text: one line per value, a list item per line."""
    if isinstance(said, list):
        return [
            indent + ", ".join(f"{key} {value}" for key, value in one.items() if value not in (None, {}, ""))
            if isinstance(one, dict)
            else f"{indent}{one}"
            for one in said
        ] or [f"{indent}none yet"]
    lines = []
    for key, value in said.items():
        if isinstance(value, dict | list) and value:
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif value not in (None, [], {}, ()):
            lines.append(f"{indent}{key}: {value}")
    return lines
