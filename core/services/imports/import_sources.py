"""The files of an import: those of its folder, joined with the lines of its CSV."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.archives.endings import archive_of
from core.imaging.file_listing import FileRejection
from core.imaging.reader_pool import AlreadyImported, ReadFile
from core.imaging.tables.endings import TABLES
from core.services.images import image_notes
from core.services.imports import table_notes
from core.services.imports.import_item import ImportItem
from core.services.imports.import_report import ImportReport, Refused
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_table import ImportTable, RowValues
from core.services.imports.source_files import SourceFiles

RESPELT, IDENTITY_COLUMN = "respelt", "identity_column"
A_TABLE = "is a table, not an image; for its labels choose it as the table of this import (--metadata)."


@dataclass(frozen=True, slots=True)
class ImportSources:
    """The files, and the table joined with them; `texts` lie beside, and are not read."""

    request: ImportRequest
    files: SourceFiles
    table: ImportTable | None = None
    texts: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls, request: ImportRequest, classes: Collection[str] = (), files: SourceFiles | None = None
    ) -> "ImportSources":
        """Read the table of files, by default those of the request; labels are spelt as the `classes` of their task.

        Raises:
            InvalidInput: no such folder, no files in it, an unreadable table, an unknown column.
        """
        files = (files or SourceFiles.of(request)).without(request.metadata and request.metadata.expanduser())
        table = _table(request, files, classes)
        texts = tuple(path for path in table.joined.unlisted if path.suffix.lower() in TABLES) if table else ()
        images = tuple(path for path in files.listing.files if path not in set(texts))
        return cls(request, replace(files, listing=replace(files.listing, files=images)), table, texts)

    @property
    def listed(self) -> list[Path]:
        """The files to read: all, or those that the table lists."""
        return [path for path in self.files.listing.files if self.table is None or path in self.table.joined.rows]

    def rejection(self, rejected: FileRejection) -> Refused:
        """Return the report's line of a file that is no image; a table that was not chosen is called one."""
        is_table = rejected.path.suffix.lower() in TABLES and rejected.path.suffix.lower() != ".txt"
        return Refused(self.files.name(rejected.path), A_TABLE if is_table else rejected.reason)

    @property
    def labels(self) -> list[str]:
        """All labels of the table, so that the order of classes does not depend on which files are read first."""
        return sorted(self.table.labels) if self.table else []

    def report(self) -> ImportReport:
        """Return the report before any file is read."""
        listing, name = self.files.listing, self.files.name
        report = ImportReport(
            files_found=len(listing.files) + len(listing.refused),
            refused=tuple(Refused(name(one.path), one.reason) for one in listing.refused),
            notes=image_notes.add_up((), self._notes()),
            texts=tuple(map(name, self.texts)),
            dry_run=self.request.dry_run,
        )
        if self.table is None:
            return report
        return replace(
            report,
            unlisted=tuple(name(path) for path in self.table.joined.unlisted if path not in self.texts),
            missing=self.table.joined.missing,
            missing_count=self.table.joined.missing_count,
            ambiguous=self.table.joined.ambiguous,
            columns_left_out=self.table.left_out,
            table=self.table.to_json(),
        )

    def _notes(self) -> Iterator[tuple[str, str]]:
        yield from ((one.kind, self.files.name(one.path)) for one in self.files.listing.notes)
        if self.table is None:
            return
        yield from ((IDENTITY_COLUMN, f"{column} ({reason})") for column, reason in self.table.left_out.items())
        yield from table_notes.noticed(self.table, self.request.task)
        yield from ((RESPELT, f"{before} → {after}") for before, after in self.table.rows.respelt)

    def item(self, result: ReadFile | AlreadyImported, key: bytes) -> ImportItem:
        """Return a file that was read, with its line of the table; `key` is that of the pseudonyms."""
        row = self.table.values(result.path) if self.table else RowValues({})
        return ImportItem(
            result=result,
            name=self.files.name(result.path),
            key=key,
            facts=row.facts,
            others=row.others,
            patient_id=row.patient_id,
            label=row.label,
            study=row.study,
            birth_date=row.birth_date,
            names=self.request.names,
        )


def tables_inside(path: Path, report: ImportReport) -> list[Path]:
    """Return the tables in archives at a path, as its preview found them."""
    tables = [path / one.file for one in report.refused if one.reason == A_TABLE]
    return [table for table in tables if archive_of(table) and not table.name.startswith("._")]  # copies by macOS


def _table(request: ImportRequest, files: SourceFiles, classes: Collection[str]) -> ImportTable | None:
    if request.metadata is None:
        if request.label_column or request.patient_column:
            raise InvalidInput(
                "A label or patient column needs a CSV with that column; give it with --metadata FILE.csv."
            )
        return None
    if request.label_column and not request.task:
        raise InvalidInput(f"The labels in column '{request.label_column}' need a task; give it with --task NAME.")
    return ImportTable.of(request, files, classes)
