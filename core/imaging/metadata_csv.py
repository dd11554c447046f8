"""Read a table of metadata and labels, and join it to files by path, name or stem."""

import filecmp
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.table import Table, read_table
from core.imaging.tables.words import is_missing, one_spelling

EXAMPLES = 200  # the most rows without a file that are named one by one


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The rows of a table by the value of the file column; `columns` are in the order of the file.

    A cell with a word for missing is empty, and columns without a title are left out. `lines` are those of the rows.
    `missing` are examples of the rows that name no file, where the files are known while the table is read.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Mapping[str, dict[str, str]] = field(repr=False)
    file_column: str
    respelt: tuple[tuple[str, str], ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    row_count: int = 0
    missing: tuple[str, ...] = ()
    missing_count: int = 0

    def join(self, files: Sequence[Path], root: Path) -> "JoinedMetadata":
        """Join each row to the one file that it names, by path, name or stem; several candidates are none."""
        return self.join_names(index({path: path.relative_to(root).as_posix() for path in files}, root), files)

    def join_names(
        self, names: NameIndex[Path], files: Iterable[Path], unpacked: Path | None = None
    ) -> "JoinedMetadata":
        """Join each row to the one file of an index that it names; its copies in a folder `unpacked` do not count."""
        matched: dict[Path, dict[str, str]] = {}
        missing: list[str] = []
        ambiguous: list[str] = []
        for name, row in self.rows.items():
            match = names.find(name)
            file = match.key or _with_copies(match.candidates, unpacked)
            if file is None:
                (ambiguous if match.candidates else missing).append(name)
            elif matched.setdefault(file, row) is not row:
                raise InvalidInput(
                    f"The metadata file {self.path.name} has two rows for {file.name}: "
                    f"'{matched[file][self.file_column]}' and '{name}'; keep one of them."
                )
        unlisted = tuple(path for path in files if path not in matched)
        examples, count = (*missing, *self.missing)[:EXAMPLES], len(missing) + self.missing_count
        return JoinedMetadata(matched, unlisted, examples, tuple(ambiguous), count)

    def with_one_spelling(self, column: str, known: Collection[str] = ()) -> "MetadataTable":
        """Return the table with equal words of a column spelt alike; `respelt` says which were not.

        `known` are words that stay, and that equal words become.
        """
        chosen = one_spelling((row[column] for row in self.rows.values()), known)
        respelt = [(row[column], chosen[row[column]]) for row in self.rows.values() if row[column]]
        rows = {name: {**row, column: chosen.get(row[column], "")} for name, row in self.rows.items()}
        return replace(self, rows=rows, respelt=tuple(pair for pair in respelt if pair[0] != pair[1]))


@dataclass(frozen=True, slots=True)
class JoinedMetadata:
    """The row of each matched file, the files without a row, rows without a file (some), and those that fit several."""

    rows: Mapping[Path, dict[str, str]]
    unlisted: tuple[Path, ...]
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()
    missing_count: int = 0


def _with_copies(files: Sequence[Path], unpacked: Path | None) -> Path | None:
    """Return the one file that an archive, unpacked now, has copies of: it was unpacked before, and lies beside it."""
    plain = [file for file in files if unpacked and not file.is_relative_to(unpacked)]
    with suppress(OSError):
        if len(plain) == 1 and all(filecmp.cmp(plain[0], file, shallow=False) for file in files):
            return plain[0]
    return None


def index(
    files: Mapping[Path, str], root: Path, identifiers: Mapping[Path, Iterable[str]] | None = None
) -> NameIndex[Path]:
    """Return files by what a table may call them; their names are paths relative to the folder `root`."""
    return NameIndex(files, identifiers, above=root.absolute().as_posix().strip("/"))


def read(path: Path, *, file_column: str, needed: Iterable[str] = ()) -> MetadataTable:
    """Read a table of any encoding, separator or workbook format.

    Raises:
        InvalidInput: the file cannot be opened, is no table, lacks a column, has a row that does not fit its header, or
            lists one file twice.
    """
    table = read_table(path)
    for column in needed:
        table.column(column)
    return read_rows(table, file_column)


def read_rows(
    table: Table,
    file_column: str,
    names: NameIndex[Path] | None = None,
    *,
    label: str | None = None,
    classes: Collection[str] = (),
) -> MetadataTable:
    """Read the rows of a table; of those that name none of the files only the number and examples, if `names` is given.

    In the column `label` the names of `classes`, such as None, do not say that a value is missing.

    Raises:
        InvalidInput: no such column, a row that does not fit its header, or one file twice.
    """
    at, place = table.column(file_column), table.column(label) if label else None
    titled = [(spot, column) for spot, column in enumerate(table.columns) if column not in table.unnamed]
    rows, lines = dict[str, dict[str, str]](), dict[str, int]()
    missing, missing_count, row_count = list[str](), 0, 0
    for line, cells in table.rows():
        row_count += bool(cells[at])
        if names is not None and not names.may_name(cells[at]):
            missing_count += bool(cells[at])
            if cells[at] and len(missing) < EXAMPLES:
                missing.append(cells[at])
            continue
        name = row_name(cells[at])
        row = {column: "" if is_missing(cells[spot]) else cells[spot] for spot, column in titled}
        row[file_column] = cells[at]
        if place is not None and cells[place] in classes:
            row[table.columns[place]] = cells[place]
        if rows.setdefault(name, row) != row:
            raise InvalidInput(
                f"The metadata file {table.name} lists '{name}' again in line {line} with other values; keep one line "
                "per file."
            )
        lines.setdefault(name, line)
    rows.pop("", None)
    columns = tuple(column for _, column in titled)
    return MetadataTable(
        Path(table.name),
        columns,
        rows,
        file_column,
        lines=lines,
        row_count=row_count,
        missing=tuple(missing),
        missing_count=missing_count,
    )


def row_name(text: str) -> str:
    """Return the path that a cell gives, with slashes: the key of its row."""
    return text.replace("\\", "/").removeprefix("./")
