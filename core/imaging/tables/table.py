"""Read tables of metadata, labels or predictions: CSV, TSV and Excel, row by row, as they are written."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice, takewhile
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.file_listing import kind_of_special
from core.imaging.tables import workbook
from core.imaging.tables.dialect import (
    SAMPLE,
    WITH_FRACTION,
    Dialect,
    find_decimal,
    find_separator,
    header_place,
    states_separator,
)
from core.imaging.tables.formulas import unguard
from core.imaging.tables.text_encoding import CHOICES, decodes, find_encoding, is_known, mixed_lines
from core.imaging.tables.words import clean

LISTED = 20  # names in a sentence
UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")  # pandas writes so where a column has no title
WITH_COMMA = WITH_FRACTION[","]
MOST = 1 << 29  # bytes of a table
Row = tuple[int, tuple[str, ...]]  # line in the file (from 1), cells


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, and its rows as often as they are asked for; cells are cleaned text.

    `dialect` says how it was read, `sheets` what else a workbook has, `unnamed` the columns without a title.
    """

    name: str
    columns: tuple[str, ...]
    dialect: Dialect
    source: "_Source" = field(repr=False)
    sheets: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    sheet: str | None = None

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The lines above the header that say something, such as the title of an export."""
        above = takewhile(lambda row: row[0] < (self.dialect.first_line or 1), self.source.numbered(self.name))
        texts = (" ".join(filter(None, map(clean, cells))) for _, cells in above)
        return tuple(text for text in texts if text and not states_separator([text]))

    def rows(self) -> Iterator[Row]:
        """Yield the line and the cells of each row that is not empty; fractions have a point.

        Raises:
            InvalidInput: a row has more cells than the header, or fewer, or a quote is not closed.
        """
        width = len(self.columns)
        for line, cells in self.source.after(self.dialect.first_line or 1, self.name):
            values = tuple(clean(unguard(cell)) for cell in cells)
            if not any(values):
                continue
            if self.dialect.decimal == ",":
                values = tuple(cell.replace(",", ".") if WITH_COMMA.fullmatch(cell) else cell for cell in values)
            if len(values) > width and not any(values[width:]):
                values = values[:width]  # separators at the end of a line
            if len(values) != width:
                raise InvalidInput(
                    f"{self.name}, line {line}: {len(values)} cells where the header has {width}. Put quotes around a "
                    "cell that contains the separator, or correct the line."
                )
            yield line, values

    def with_points(self) -> "Table":
        """Return the table read with a point before fractions, as Rounds writes it: 1,5 is a text in it."""
        return replace(self, dialect=replace(self.dialect, decimal="."))

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line and the cells by column."""
        for line, values in self.rows():
            yield line, dict(zip(self.columns, values, strict=True))

    def column(self, name: str) -> int:
        """Return the place of a column.

        Raises:
            InvalidInput: there is none of that name; the nearest is named.
        """
        if name in self.columns:
            return self.columns.index(name)
        by_spelling = {column.casefold(): column for column in self.columns}
        near = get_close_matches(name.casefold(), by_spelling, n=1)
        meant = f" Did you mean '{by_spelling[near[0]]}'?" if near else ""
        raise InvalidInput(f"{self.name} has no column '{name}'.{meant} {self.columns_text()}")

    def columns_text(self) -> str:
        """Name the columns; of a text without a separator nothing, since its first line may be anything."""
        if len(self.columns) == 1:
            return "It was read as one column; choose a table with a line of titles, or its separator (--separator)."
        return f"Its columns are: {listed(self.columns)}."


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence: the first of many.

    >>> listed(["a", "b"]), listed(list("abc" * 9))[-12:]
    ('a, b', 'and 7 more')
    """
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(name[:40] for name in names[:LISTED]) + more


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows of a sheet, or of a file of text: read anew each time, because a table may be larger than the memory."""

    sheet: Sequence[Sequence[str]] = ()
    text: Path | None = None
    encoding: str | None = None
    separator: str = ","

    def after(self, first_line: int, name: str) -> Iterator[Row]:
        """Yield the rows below the header of that line."""
        rows = self.numbered(name)
        for line, cells in rows:
            if line > first_line:
                yield line, cells

    def numbered(self, name: str) -> Iterator[Row]:
        """Yield each row with its line.

        Raises:
            InvalidInput: a quote is not closed, or the file is gone.
        """
        if self.text is None:
            yield from ((at, tuple(cells)) for at, cells in enumerate(self.sheet, start=1))
            return
        line = 1
        try:
            with self.text.open(encoding=self.encoding, newline="") as lines:
                reader = csv.reader(lines, delimiter=self.separator, strict=True, skipinitialspace=True)
                for cells in reader:
                    yield line, tuple(cells)
                    line = reader.line_num + 1
        except csv.Error as error:
            problem = "a quote is not closed, or stands in the middle of a cell. Double the quote, or remove it"
            if "field limit" in str(error):
                problem = f"a cell has more than {csv.field_size_limit():,} characters. Close its quote, or shorten it"
            raise InvalidInput(f"{name}, line {line}: {problem}.") from error
        except OSError as error:
            raise InvalidInput(f"The file {name} cannot be read ({error.strerror}).") from error


def read_table(path: Path, dialect: Dialect | None = None, *, sheet: str | None = None) -> Table:
    """Open a table; what the dialect leaves open is found.

    Args:
        path: A CSV, TSV or text file, or an Excel workbook (.xlsx, .xls, .ods).
        dialect: What is known of how it is written.
        sheet: The sheet of a workbook; the first one with cells by default.

    Raises:
        InvalidInput: the file cannot be opened, is no table, is empty, or has two columns of one name.
    """
    dialect = dialect or Dialect()
    raw = _read(path)
    if workbook.is_workbook(raw):
        sheets, rows = workbook.read_sheet(raw, path.name, sheet)
        known = replace(dialect, encoding=None, separator=None)
        return replace(_table(path.name, _Source(rows), known), sheets=sheets, sheet=sheet or sheets[0])
    encoding = _encoding(raw, path.name, dialect.encoding)
    del raw
    with path.open(encoding=encoding, newline="") as file:
        lines = list(islice(file, SAMPLE))
    separator = dialect.separator or find_separator(lines)
    known = replace(dialect, encoding=encoding, separator=separator)
    source = _Source(text=path, encoding=encoding, separator=separator)
    return _table(path.name, source, known, after=int(states_separator(lines)))


def _read(path: Path) -> bytes:
    """Return the bytes of a file; what is no file is never opened."""
    try:
        if kind := kind_of_special(path.stat().st_mode):
            raise InvalidInput(f"{path} is {kind}, not a table; choose a CSV, TSV or Excel file.")
        with path.open("rb") as file:
            raw = file.read(MOST + 1)
    except OSError as error:
        raise InvalidInput(f"The file {path} cannot be opened ({error.strerror}).") from error
    if len(raw) > MOST:
        raise InvalidInput(f"{path} is larger than {MOST >> 20:,} MB; split the table.")
    return raw


def _encoding(raw: bytes, name: str, chosen: str | None) -> str:
    if chosen and not is_known(chosen):
        raise InvalidInput(f"There is no text encoding '{chosen}'; choose one such as {listed(CHOICES)}.")
    if not chosen and (lines := mixed_lines(raw)):
        raise InvalidInput(
            f"{name} mixes two encodings: line {lines[0]} is UTF-8, and line {lines[1]} is not. Save it as 'CSV UTF-8' "
            "after correcting these lines, or choose the encoding of the others (--encoding)."
        )
    encoding = chosen or find_encoding(raw)
    if encoding is None:
        raise InvalidInput(f"{name} contains binary data, not a table; choose a CSV, TSV or Excel file.")
    if chosen and not decodes(raw, chosen):
        raise InvalidInput(f"{name} is not {chosen} text; choose another encoding, or save it as 'CSV UTF-8'.")
    return encoding


def _table(name: str, source: _Source, dialect: Dialect, *, after: int = 0) -> Table:
    sample = islice(source.numbered(name), SAMPLE)
    first = [(line, cells) for line, cells in sample if line > after and any(map(clean, cells))]
    if not first:
        raise InvalidInput(f"{name} is empty; it needs a header line and a row per file.")
    by_line = dict(first)
    line = dialect.first_line or first[header_place([cells for _, cells in first])][0]
    if line not in by_line:
        raise InvalidInput(f"{name} has no header in line {line}; its first lines are {', '.join(map(str, by_line))}.")
    columns, unnamed = _columns(name, by_line[line], [cells for at, cells in first if at > line])
    decimal = dialect.decimal or find_decimal((cells for at, cells in first if at > line), dialect.separator)
    return Table(name, columns, replace(dialect, decimal=decimal, first_line=line), source, unnamed=unnamed)


def _columns(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the titles of the columns, and those of them that the file does not name."""
    titles = [clean(unguard(title)) for title in header]
    used = max((at + 1 for row in [titles, *rows] for at, cell in enumerate(row[: len(titles)]) if cell), default=0)
    titles = titles[: max(used, 1)]
    titles = ["" if UNNAMED.fullmatch(title) else title for title in titles]
    unnamed = tuple(f"column {at + 1}" for at, title in enumerate(titles) if not title)
    titles = [title or f"column {at + 1}" for at, title in enumerate(titles)]
    twice = [title for title, count in Counter(titles).items() if count > 1]
    if twice:
        raise InvalidInput(f"{name} has {Counter(titles)[twice[0]]} columns '{twice[0]}'; give each its own name.")
    return tuple(titles), unnamed
