"""The files of an import: those of its folder, joined with the lines of its CSV."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging import deidentify, metadata_csv
from core.imaging.file_listing import FileListing, list_paths
from core.imaging.reader_pool import AlreadyImported, ReadFile
from core.services.images import image_notes
from core.services.imports.import_item import PATIENT, STUDY, ImportItem
from core.services.imports.import_report import ImportReport, Refused
from core.services.imports.import_request import ImportRequest

RESPELT = "respelt"


@dataclass(frozen=True, slots=True)
class ImportSources:
    """The files below `root`, and the CSV: its table, and its lines by file; both None without a CSV."""

    request: ImportRequest
    root: Path
    listing: FileListing
    table: metadata_csv.MetadataTable | None
    joined: metadata_csv.JoinedMetadata | None

    @classmethod
    def of(cls, request: ImportRequest, classes: Collection[str] = ()) -> "ImportSources":
        """List the files and read the table; labels are spelt as the `classes` of their task.

        Raises:
            InvalidInput: no such folder, no files in it, an unreadable CSV, an unknown column.
        """
        listing, root = _list(request)
        joined, table = _join(request, list(listing.files), root, classes)
        return cls(request, root, listing, table, joined)

    @property
    def listed(self) -> list[Path]:
        """The files to read: all, or those that the CSV lists."""
        return [path for path in self.listing.files if self.joined is None or path in self.joined.rows]

    @property
    def labels(self) -> list[str]:
        """All labels of the CSV, so that the order of classes does not depend on which files are read first."""
        if self.joined is None or not self.request.label_column:
            return []
        return sorted({label for row in self.joined.rows.values() if (label := row.get(self.request.label_column, ""))})

    def name(self, path: Path) -> str:
        """Return the relative path as text, even if the file system's bytes are not valid text."""
        return path.relative_to(self.root).as_posix().encode("utf-8", "replace").decode()

    def report(self) -> ImportReport:
        """Return the report before any file is read."""
        return ImportReport(
            files_found=len(self.listing.files) + len(self.listing.refused),
            refused=tuple(Refused(self.name(one.path), one.reason) for one in self.listing.refused),
            unlisted=tuple(self.name(path) for path in self.joined.unlisted) if self.joined else (),
            missing=self.joined.missing if self.joined else (),
            ambiguous=self.joined.ambiguous if self.joined else (),
            notes=image_notes.add_up((), self._notes()),
            dry_run=self.request.dry_run,
        )

    def _notes(self) -> Iterator[tuple[str, str]]:
        yield from ((one.kind, self.name(one.path)) for one in self.listing.notes)
        yield from ((RESPELT, f"{before} → {after}") for before, after in (self.table.respelt if self.table else ()))

    def item(self, result: ReadFile | AlreadyImported, key: bytes) -> ImportItem:
        """Return a file that was read, with its line of the CSV; `key` is that of the pseudonyms."""
        request, row = self.request, self.joined.rows.get(result.path, {}) if self.joined else {}
        patient_column = request.patient_column or (PATIENT if self.table and PATIENT in self.table.columns else None)
        others = tuple(value for name, value in row.items() if deidentify.is_identity_column(name) and value)
        used = {request.file_column, request.label_column, patient_column, STUDY}
        facts = {
            name.strip().lower().replace(" ", "_"): value
            for name, value in row.items()
            if name not in used and value and not deidentify.is_identity_column(name)
        }
        return ImportItem(
            result=result,
            name=self.name(result.path),
            key=key,
            facts=facts,
            others=others,
            patient_id=row.get(patient_column, "") if patient_column else "",
            label=row.get(request.label_column, "") if request.label_column else "",
            study=row.get(STUDY, ""),
        )


def _list(request: ImportRequest) -> tuple[FileListing, Path]:
    """Return what is in the folder, without the CSV, and the folder."""
    path = request.path.expanduser().absolute()
    if not path.exists():
        raise InvalidInput(f"{path} does not exist; give a folder or a file that exists.")
    skip = request.metadata.expanduser().absolute() if request.metadata else None
    listing = list_paths(path)
    listing = replace(listing, files=tuple(file for file in listing.files if file != skip))
    if not listing.files and not listing.refused:
        raise InvalidInput(f"The folder {path} has no files; choose the folder with the images.")
    return listing, path if path.is_dir() else path.parent


def _join(
    request: ImportRequest, files: list[Path], root: Path, classes: Collection[str]
) -> tuple[metadata_csv.JoinedMetadata | None, metadata_csv.MetadataTable | None]:
    if request.metadata is None:
        if request.label_column or request.patient_column:
            raise InvalidInput(
                "A label or patient column needs a CSV with that column; give it with --metadata FILE.csv."
            )
        return None, None
    if request.label_column and not request.task:
        raise InvalidInput(f"The labels in column '{request.label_column}' need a task; give it with --task NAME.")
    needed = [column for column in (request.patient_column, request.label_column) if column]
    table = metadata_csv.read(request.metadata.expanduser(), file_column=request.file_column, needed=needed)
    if request.label_column and not request.keep_spellings:
        table = table.with_one_spelling(request.label_column, classes)
    return table.join(files, root), table
