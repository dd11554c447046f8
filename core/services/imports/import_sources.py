"""The files of an import: those of its folder, joined with the lines of its CSV."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.file_listing import FileListing, FileRejection, list_paths
from core.imaging.reader_pool import AlreadyImported, ReadFile
from core.imaging.tables.endings import TABLES
from core.imaging.tables.file_names import composed
from core.services.images import image_notes
from core.services.imports import table_notes
from core.services.imports.import_item import ImportItem
from core.services.imports.import_report import ImportReport, Refused
from core.services.imports.import_request import ImportRequest
from core.services.imports.import_table import ImportTable, RowValues

RESPELT, IDENTITY_COLUMN = "respelt", "identity_column"
A_TABLE = "is a table, not an image; for its labels choose it as the table of this import (--metadata)."


@dataclass(frozen=True, slots=True)
class ImportSources:
    """The files below `root`, and the table joined with them; `texts` lie beside, and are not read."""

    request: ImportRequest
    root: Path
    listing: FileListing
    table: ImportTable | None = None
    texts: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls, request: ImportRequest, classes: Collection[str] = (), refused: Sequence[FileRejection] = ()
    ) -> "ImportSources":
        """List the files and read the table; labels are spelt as the `classes` of their task.

        `refused` are entries that could not be unpacked.

        Raises:
            InvalidInput: no such folder, no files in it, an unreadable table, an unknown column.
        """
        listing, root = _list(request)
        listing = replace(listing, refused=(*refused, *listing.refused))
        table = _table(request, listing.files, root, classes)
        texts = tuple(path for path in table.joined.unlisted if path.suffix.lower() in TABLES) if table else ()
        images = tuple(path for path in listing.files if path not in set(texts))
        return cls(request, root, replace(listing, files=images), table, texts)

    @property
    def listed(self) -> list[Path]:
        """The files to read: all, or those that the table lists."""
        return [path for path in self.listing.files if self.table is None or path in self.table.joined.rows]

    def rejection(self, rejected: FileRejection) -> Refused:
        """Return the report's line of a file that is no image; a table that was not chosen is called one."""
        is_table = rejected.path.suffix.lower() in TABLES and rejected.path.suffix.lower() != ".txt"
        return Refused(self.name(rejected.path), A_TABLE if is_table else rejected.reason)

    @property
    def labels(self) -> list[str]:
        """All labels of the table, so that the order of classes does not depend on which files are read first."""
        return sorted(self.table.labels) if self.table else []

    def name(self, path: Path) -> str:
        """Return the relative path as composed text, even if the file system's bytes are not valid text."""
        return composed(path.relative_to(self.root).as_posix().encode("utf-8", "replace").decode())

    def report(self) -> ImportReport:
        """Return the report before any file is read."""
        report = ImportReport(
            files_found=len(self.listing.files) + len(self.listing.refused),
            refused=tuple(Refused(self.name(one.path), one.reason) for one in self.listing.refused),
            notes=image_notes.add_up((), self._notes()),
            texts=tuple(map(self.name, self.texts)),
            dry_run=self.request.dry_run,
        )
        if self.table is None:
            return report
        return replace(
            report,
            unlisted=tuple(self.name(path) for path in self.table.joined.unlisted if path not in self.texts),
            missing=self.table.joined.missing,
            missing_count=self.table.joined.missing_count,
            ambiguous=self.table.joined.ambiguous,
            columns_left_out=self.table.left_out,
            table=self.table.to_json(),
        )

    def _notes(self) -> Iterator[tuple[str, str]]:
        yield from ((one.kind, self.name(one.path)) for one in self.listing.notes)
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
            name=self.name(result.path),
            key=key,
            facts=row.facts,
            others=row.others,
            patient_id=row.patient_id,
            label=row.label,
            study=row.study,
            birth_date=row.birth_date,
            names=self.request.names,
        )


def _list(request: ImportRequest) -> tuple[FileListing, Path]:
    """Return what is in the folder, without the table, and the folder."""
    path = request.path.expanduser().absolute()
    request.check_within()
    if not path.exists():
        raise InvalidInput(f"{path} does not exist; give a folder or a file that exists.")
    listing = list_paths(path, request.within)
    if (table := request.metadata and request.metadata.expanduser()) and table.exists():
        listing = replace(listing, files=tuple(file for file in listing.files if not file.samefile(table)))
    if not listing.files and not listing.refused:
        raise InvalidInput(f"The folder {path} has no files; choose the folder with the images.")
    return listing, path if path.is_dir() else path.parent


def _table(request: ImportRequest, files: Collection[Path], root: Path, classes: Collection[str]) -> ImportTable | None:
    if request.metadata is None:
        if request.label_column or request.patient_column:
            raise InvalidInput(
                "A label or patient column needs a CSV with that column; give it with --metadata FILE.csv."
            )
        return None
    if request.label_column and not request.task:
        raise InvalidInput(f"The labels in column '{request.label_column}' need a task; give it with --task NAME.")
    return ImportTable.of(request, files, root, classes)
