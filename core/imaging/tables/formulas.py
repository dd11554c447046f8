"""Write CSV files whose texts no spreadsheet runs as formulas, and read them back exactly.

A text that begins with = + - @, a tab or a line break, and is no number, gets an apostrophe in front (OWASP, CSV
injection), as does one that begins so after apostrophes. So a reader can take away the first apostrophe of such a text:
every text has one written form, and every written form one text.
"""

import csv
import re
from collections.abc import Iterable
from typing import IO

from core.imaging.tables.words import number

GUARD = "'"
TEXT = re.compile(r'="([^"]*)"')  # so a spreadsheet keeps the zeros of an ID
FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")  # full-width signs count in East Asian spreadsheets


class CsvWriter:
    """A writer of CSV lines: the only one of Rounds, so that no file has a formula."""

    def __init__(self, file: IO[str], *, lineterminator: str = "\r\n") -> None:
        """Take the open text file."""
        self._file, self._end = file, lineterminator
        self._writer = csv.writer(self)  # by its own line ends it knows that a cell with a lone \r needs quotes

    def write(self, line: str) -> int:
        """Write a finished line with the line end that was asked for."""
        return self._file.write(line.removesuffix("\r\n") + self._end)

    def writerow(self, cells: Iterable[object]) -> int:
        """Write one line, in which numbers and None stay as they are; return its length."""
        length: int = self._writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in cells])
        return length


def guard(text: str) -> str:
    """Return the text as a cell that no spreadsheet runs.

    >>> guard("=1+1"), guard("-1.5"), guard("'=1"), guard("it's")
    ("'=1+1", '-1.5', "''=1", "it's")
    """
    return GUARD + text if _is_formula(text) else text


def unguard(cell: str) -> str:
    """Return the text of a cell that `guard` wrote, or of Excel's formula of one text; other cells stay.

    >>> unguard("'=1+1"), unguard("'-1.5"), unguard("'tis"), unguard('="0012"')
    ('=1+1', "'-1.5", "'tis", '0012')
    """
    if text := TEXT.fullmatch(cell):
        return text[1]
    return cell[1:] if cell.startswith(GUARD) and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    return FORMULA.match(text) is not None and number(text.lstrip(GUARD).strip()) is None
