"""Find how a table of text is written: its separator, its decimal mark, and the line of its header."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from core.errors import InvalidInput
from core.imaging.tables.column_titles import Role, role_of_title

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
DECIMALS = {".": "point", ",": "comma"}
SAMPLE = 200  # lines that are looked at
BELOW = 20  # lines from the first one with several cells, in which the header may be
WITH_FRACTION = {mark: re.compile(rf"[+-]?\d+{re.escape(mark)}\d+") for mark in DECIMALS}
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
STATED = re.compile(r"sep=(.)", re.IGNORECASE)  # Excel's first line


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written; `first_line` (from 1) is that of the header, None where it has to be found."""

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    first_line: int | None = None


def chosen_dialect(
    encoding: str | None = None, separator: str | None = None, decimal: str | None = None, first_line: int | None = None
) -> Dialect:
    r"""Return what a person says of a table; separators and decimal marks also by their names.

    >>> chosen_dialect(separator="tab", decimal="comma")
    Dialect(encoding=None, separator='\\t', decimal=',', first_line=None)

    Raises:
        InvalidInput: a separator of several characters, or another decimal mark.
    """
    separator = {name: mark for mark, name in SEPARATORS.items()}.get(separator or "", separator)
    decimal = {name: mark for mark, name in DECIMALS.items()}.get(decimal or "", decimal)
    if separator and (len(separator) != 1 or separator in '"\r\n'):
        names = ", ".join(SEPARATORS.values())
        raise InvalidInput(f"'{separator}' separates no cells; give one character, or its name: {names}.")
    if decimal and decimal not in DECIMALS:
        raise InvalidInput(f"'{decimal}' is no decimal mark; give {' or '.join(DECIMALS.values())}.")
    if first_line is not None and first_line < 1:
        raise InvalidInput(f"There is no line {first_line}; the first line of a table is 1.")
    return Dialect(encoding or None, separator or None, decimal or None, first_line)


def find_separator(lines: Sequence[str]) -> str:
    """Return the separator: that of a line `sep=`, else the one that cuts most lines into the same number of cells."""
    if states_separator(lines):
        return lines[0].rstrip("\r\n")[-1]
    return max(SEPARATORS, key=lambda separator: _evenness(lines, separator))


def states_separator(lines: Sequence[str]) -> bool:
    """Return whether the first line is Excel's `sep=`."""
    return bool(lines) and STATED.fullmatch(lines[0].rstrip("\r\n")) is not None


def _evenness(lines: Sequence[str], separator: str) -> tuple[float, int]:
    """Return for how much of the lines a separator gives one number of cells above one, and that number."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if row)
    except csv.Error:
        return 0.0, 0
    several = [(count, width) for width, count in widths.items() if width > 1]
    if not several:
        return 0.0, 0
    count, width = max(several)
    return count / widths.total(), width


def find_decimal(rows: Iterable[Sequence[str]], separator: str | None) -> str:
    """Return the mark before fractions: a comma where as many cells have it as a point.

    Where commas separate the cells, 1,234 in quotes is a thousand.
    """
    counted = Counter[str]()
    for row in islice(rows, SAMPLE):
        for cell in map(str.strip, row):
            if separator == "," and THOUSANDS.fullmatch(cell):
                continue
            for mark, form in WITH_FRACTION.items():
                counted[mark] += form.fullmatch(cell) is not None
    return "," if counted[","] and counted[","] >= counted["."] else "."


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Return the index of the header among the first rows.

    Titles above it have one cell, or none; of several cells they name fewer columns that a table of images has, and no
    file.
    """
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(widths, default=0)
    first = next((at for at, width in enumerate(widths) if width > 1 or (width == widest and width)), 0)
    if widest < 2 or Role.FILE in (roles := [*map(role_of_title, rows[first])]):
        return first
    most = max(1, sum(role is not None for role in roles))
    below = ((at, [role_of_title(cell) for cell in row]) for at, row in enumerate(rows[first + 1 : first + BELOW]))
    better = (at for at, roles in below if Role.FILE in roles and sum(role is not None for role in roles) > most)
    return first + 1 + next(better, -1)
