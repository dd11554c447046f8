"""What a command prints: tables on a terminal, plain lines in a pipe, JSON on request; errors on standard error."""

import json
import os
import sys

from core.cli.printing.result import Output, lines
from core.lazy_modules import load


def show(result: Output, as_json: bool) -> int:
    """Print the result of a command; return the exit code, 1 where the result says that it is not ok."""
    try:
        _print(result, as_json)
        sys.stdout.flush()
    except BrokenPipeError:  # such as `rounds runs | head -1`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if isinstance(result, dict) and result.get("ok") is False else 0


def fail(sentence: str, as_json: bool, *, code: int = 1, report: Output | None = None) -> int:
    """Print an error, and what the command reports all the same; return the exit code."""
    print(sentence, file=sys.stderr)
    if report is not None:
        show(report, as_json)
    elif as_json:
        print(json.dumps({"error": sentence}))
    return code


def _print(result: Output, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False, default=str, allow_nan=False))
    elif sys.stdout.isatty():
        load("core.cli.printing.terminal").show(result)
    else:
        print("\n".join(lines(result)))
