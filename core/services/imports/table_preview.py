"""Show a table before its import: how it is written, what its columns are for, and which files its rows name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from core.errors import InvalidInput
from core.imaging import metadata_csv
from core.imaging.tables.column_titles import Role
from core.imaging.tables.dialect import Dialect
from core.imaging.tables.roles import ColumnProfile
from core.imaging.tables.table import Row, Table
from core.services.imports import label_checks, table_roles
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_sources import ImportSources
from core.services.imports.import_table import ImportTable
from core.services.imports.rows import label_rows
from core.services.imports.source_files import SourceFiles
from db import Database

ROWS, PAIRS = 20, 10


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """A row of the table and the file that it names."""

    line: int
    text: str
    path: Path
    label: str = ""


@dataclass(frozen=True, slots=True)
class TablePreview:
    """A table as its import would read it; `problem` is what keeps it from being imported.

    `passed_over` are the lines above the header, `labels` the classes of the matched rows with their counts,
    `class_order` those of a new task, the positive one last (the classes of a task that exists: as they are).
    """

    name: str
    dialect: Dialect
    columns: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    passed_over: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    profiles: tuple[ColumnProfile, ...] = ()
    chosen: frozenset[str] = frozenset()
    row_count: int = 0
    files: int = 0
    matched: int = 0
    ambiguous: int = 0
    missing: int = 0
    unlisted: int = 0
    ambiguous_names: tuple[str, ...] = ()
    missing_names: tuple[str, ...] = ()
    labels: tuple[tuple[str, int], ...] = ()
    class_order: tuple[str, ...] = ()
    pairs: tuple[MatchedRow, ...] = ()
    problem: str = ""

    def column(self, role: Role) -> str | None:
        """Return the first column of a role, None if there is none."""
        return next((one.title for one in self.profiles if one.role is role), None)

    @property
    def summary(self) -> str:
        """The counts in one line: "231 of 240 files, 4 ambiguous, 5 rows without a file"."""
        counts = [f"{self.matched:,} of {self.files:,} files"]
        counts += [f"{self.ambiguous:,} ambiguous"] if self.ambiguous else []
        rows = "row" if self.missing == 1 else "rows"
        return ", ".join([*counts, f"{self.missing:,} {rows} without a file"] if self.missing else counts)


def preview(db: Database, request: ImportRequest, files: SourceFiles | None = None) -> TablePreview:
    """Return what the import of a table would do with files, by default those of the request; no image is read.

    Raises:
        InvalidInput: no such folder, or the table cannot be opened at all; what its rows lack is the `problem`.
    """
    table = table_roles.open_table(request)
    shown = TablePreview(
        table.name, table.dialect, table.columns, table.sheets, table.sheet, table.passed_over, tuple(_first(table))
    )
    try:
        sources = ImportSources.of(request, label_checks.class_names(db, request.task), files)
    except InvalidInput as error:
        return replace(shown, problem=str(error), profiles=_profiles(request, table))
    if sources.table is None:
        return shown
    read = _with_table(shown, sources, sources.table, db)
    try:
        label_checks.check_labels(db, request, sources.table)
    except InvalidInput as error:
        return replace(read, problem=str(error))
    return read


def _with_table(shown: TablePreview, sources: ImportSources, table: ImportTable, db: Database) -> TablePreview:
    joined = table.joined
    return replace(
        shown,
        profiles=table.roles.profiles,
        chosen=table.roles.chosen,
        row_count=table.rows.row_count,
        files=len(sources.files.listing.files),
        matched=len(joined.rows),
        ambiguous=len(joined.ambiguous),
        missing=joined.missing_count,
        unlisted=len(joined.unlisted) - len(sources.texts),
        ambiguous_names=joined.ambiguous[:ROWS],
        missing_names=joined.missing[:ROWS],
        labels=tuple(table.labels.most_common()),
        class_order=_class_order(db, sources.request, table),
        pairs=tuple(_pairs(table)),
    )


def _profiles(request: ImportRequest, table: Table) -> tuple[ColumnProfile, ...]:
    """Return the columns of a table that cannot be imported as it is, so that a person can choose their roles."""
    try:
        return table_roles.find_roles(request, table, None).profiles
    except InvalidInput:
        return ()


def _class_order(db: Database, request: ImportRequest, table: ImportTable) -> tuple[str, ...]:
    known = label_checks.class_names(db, request.task)
    fresh = label_rows.class_order(table.labels, request.class_order)
    return tuple(dict.fromkeys([*known, *fresh])) if known else tuple(fresh)


def _pairs(table: ImportTable) -> Iterator[MatchedRow]:
    for path, row in islice(table.joined.rows.items(), PAIRS):
        text = row[table.rows.file_column]
        line = table.rows.lines[metadata_csv.row_name(text)]
        yield MatchedRow(line, text, path, row[table.label] if table.label else "")


def _first(table: Table) -> Iterator[Row]:
    """Yield the first rows, up to one that does not fit the header."""
    try:
        yield from islice(table.rows(), ROWS)
    except InvalidInput:
        return
