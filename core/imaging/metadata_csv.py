"""Read a table of metadata and labels, and join it to files by path, name or stem."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.table import read_table
from core.imaging.tables.words import is_missing, one_spelling


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """The rows of a table by the value of the file column; `columns` are in the order of the file.

    A cell with a word for missing is empty, and columns without a title are left out.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Mapping[str, dict[str, str]] = field(repr=False)
    file_column: str
    respelt: tuple[tuple[str, str], ...] = ()

    def join(self, files: Sequence[Path], root: Path) -> "JoinedMetadata":
        """Join each row to the one file that it names, by path, name or stem; several candidates are none."""
        names = NameIndex({path: path.relative_to(root).as_posix() for path in files})
        matched: dict[Path, dict[str, str]] = {}
        missing: list[str] = []
        ambiguous: list[str] = []
        for name, row in self.rows.items():
            match = names.find(name)
            if match.key is None:
                (ambiguous if match.candidates else missing).append(name)
            elif matched.setdefault(match.key, row) is not row:
                raise InvalidInput(
                    f"The metadata file {self.path.name} has two rows for {match.key.name}: "
                    f"'{matched[match.key][self.file_column]}' and '{name}'; keep one of them."
                )
        unlisted = tuple(path for path in files if path not in matched)
        return JoinedMetadata(matched, unlisted, tuple(missing), tuple(ambiguous))

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
    """The row of each matched file, the files without a row, the rows without a file, and those that fit several."""

    rows: Mapping[Path, dict[str, str]]
    unlisted: tuple[Path, ...]
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()


def read(path: Path, *, file_column: str, needed: Iterable[str] = ()) -> MetadataTable:
    """Read a table of any encoding, separator or workbook format.

    Raises:
        InvalidInput: the file cannot be opened, is no table, lacks a column, has a row that does not fit its header, or
            lists one file twice.
    """
    table = read_table(path)
    for column in (file_column, *needed):
        table.column(column)
    columns = tuple(name for name in table.columns if name not in table.unnamed)
    rows: dict[str, dict[str, str]] = {}
    for line, cells in table.records():
        name = cells[file_column].replace("\\", "/").removeprefix("./")
        row = {column: "" if is_missing(cells[column]) else cells[column] for column in columns}
        row[file_column] = cells[file_column]
        if rows.setdefault(name, row) != row:
            raise InvalidInput(
                f"The metadata file {path.name} lists '{name}' again in line {line} with other values; keep one line "
                "per file."
            )
    rows.pop("", None)
    return MetadataTable(path, columns, rows, file_column)
