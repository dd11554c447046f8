"""Import files: bytes into the store, rows into the catalogue, and a report that accounts for every file."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.errors import InvalidInput, NotFound
from core.imaging import deidentify, metadata_csv
from core.imaging.atomic_write import atomic_write
from core.imaging.deidentify import Identity
from core.imaging.file_listing import FileListing, FileRejection, list_paths
from core.imaging.reader_pool import AlreadyImported, ReadFile, read_files_polling
from core.imaging.stacks import SliceAttributes, build_stacks
from core.imaging.store import Store
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.images import image_notes, import_rows
from core.services.images.image_notes import NoteCount
from core.settings import Settings
from db import Database
from db.tables import Image
from db.vocabulary import JobKind

FLUSH_S, FLUSH_IMAGES = 1.0, 500


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how. `patient_column` None means patient_id if the CSV has that column."""

    path: Path
    metadata: Path | None = None
    file_column: str = "file"
    patient_column: str | None = None
    task: str = ""
    label_column: str | None = None
    reference: bool = False
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a job's row."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ImportRequest":
        """Read a request from a job's row."""
        paths = {"path": Path(data["path"]), "metadata": Path(data["metadata"]) if data["metadata"] else None}
        return cls(**{**data, **paths})


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused file, with the reason in one sentence."""

    file: str
    reason: str


JSON_KEYS = {"files_found": "found", "labels_overridden": "labels_kept", "labels_without_case": "labels_apart"}
"""The fields whose key in JSON is an older word: the command line's contract keeps it."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The report of an import: every file is imported, known, refused or unlisted; `finished` once all are.

    `notes` count the images that were read in another way than they lie in their file, by kind.
    """

    files_found: int
    imported: int = 0
    known: int = 0
    refused: tuple[Refused, ...] = ()
    unlisted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[NoteCount, ...] = ()
    images: int = 0
    patients: int = 0
    unknown_patients: int = 0
    series: int = 0
    labelled: int = 0
    labels_overridden: int = 0
    labels_without_case: int = 0
    dry_run: bool = False
    finished: bool = False

    @property
    def done(self) -> int:
        """The number of files processed so far."""
        return self.imported + self.known + len(self.refused) + len(self.unlisted)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the command line and a job's row."""
        return {
            **{JSON_KEYS.get(name, name): value for name, value in asdict(self).items()},
            "refused": [asdict(one) for one in self.refused],
            "unlisted": list(self.unlisted),
            "missing": list(self.missing),
            "notes": [note.to_json() for note in self.notes],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ImportReport":
        """Read a report from a job's row."""
        lists = {
            "refused": tuple(Refused(**one) for one in data["refused"]),
            "unlisted": tuple(data["unlisted"]),
            "missing": tuple(data["missing"]),
            "notes": tuple(NoteCount.from_json(one) for one in data.get("notes", ())),
        }
        names = {key: name for name, key in JSON_KEYS.items()}
        values = {names.get(key, key): value for key, value in data.items()}
        return cls(**{**values, **lists})


@dataclass
class _Counts:
    """What was counted so far; identities are kept only here, in memory."""

    identities: set[Identity] = field(default_factory=set)
    patients: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    series: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)
    slices: dict[str, list[tuple[str, SliceAttributes]]] = field(default_factory=dict)

    def stack_notes(self) -> list[tuple[str, str]]:
        """Return what an import would note of the stacks: (kind, name of the stack's first file)."""
        noted = []
        for named in self.slices.values():
            for stack in build_stacks([attributes for _, attributes in named]):
                noted += [(kind, named[stack.order[0]][0]) for kind in stack.notes]
        return noted


def run(
    db: Database,
    settings: Settings,
    request: ImportRequest,
    *,
    by: str,
    scrub: bool = False,
    writing: Callable[[Callable[[], ImportReport]], ImportReport] = lambda write: write(),
) -> Iterator[ImportReport]:
    """Import, or with `dry_run` only preview; yield the report so far about once a second, the last one finished.

    Stop iterating to cancel: imported files stay, and the next import counts them as known. With `scrub` the
    report's file names are de-identified, so that it may be stored. `writing` runs each write, and may repeat it.

    Raises:
        InvalidInput: no such folder, no files in it, an unreadable CSV, an unknown column or label.
    """
    listing, root = _list(request)
    files = list(listing.files)
    joined, table = _join(request, files, root)
    import_rows.check_labels(db, request.task, request.label_column, table)
    listed = [path for path in files if joined is None or path in joined.rows]
    store, key, tally = Store(settings.home), settings.key("pseudonym"), _Counts()
    csv_labels = _csv_labels(request, joined)
    unlisted = tuple(_name(path, root) for path in joined.unlisted) if joined else ()
    report = ImportReport(
        files_found=len(files) + len(listing.refused),
        refused=tuple(Refused(_name(one.path, root), one.reason) for one in listing.refused),
        unlisted=unlisted,
        missing=joined.missing if joined else (),
        notes=image_notes.add_up((), ((one.kind, _name(one.path, root)) for one in listing.notes)),
        dry_run=request.dry_run,
    )
    known = _imported_hashes(db)
    batch: list[import_rows.ImportItem] = []
    waiting, flushed = 0, time.monotonic()
    reading = read_files_polling(
        listed,
        store=None if request.dry_run else store,
        reference=request.reference,
        # A known file with a changed original or missing pixels is read again, so that an import repairs a home.
        known=lambda sha256: known(sha256) and (request.dry_run or store.is_intact(sha256)),
        at=lambda sha256: _offset(db, sha256) if known(sha256) else None,
    )
    with closing(reading) as results:
        for result in results:
            if isinstance(result, FileRejection):
                report = replace(report, refused=(*report.refused, Refused(_name(result.path, root), result.reason)))
            elif result is not None:
                row = joined.rows.get(result.path, {}) if joined else {}
                batch.append(_to_import_item(result, row, request, table, root, key))
                waiting += len(batch[-1].images) or 1
                _count(tally, batch[-1], slices=request.dry_run)
            if time.monotonic() - flushed > FLUSH_S or waiting >= FLUSH_IMAGES:
                report = writing(partial(_flush, db, request, batch, report, by, known, csv_labels))
                batch, waiting, flushed = [], 0, time.monotonic()
                yield _with_counts(report, tally)
    report = writing(partial(_flush, db, request, batch, report, by, known, csv_labels))
    of_stacks = tally.stack_notes() if request.dry_run else image_notes.stack_notes(db, tally.hashes)
    report = replace(report, notes=image_notes.add_up(report.notes, of_stacks), finished=True)
    yield _scrubbed(_with_counts(report, tally), tally, scrub)


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
    request: ImportRequest, files: list[Path], root: Path
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
    return table.join(files, root), table


def _csv_labels(request: ImportRequest, joined: metadata_csv.JoinedMetadata | None) -> list[str]:
    """Return all labels of a CSV, so that the order of classes does not depend on which files are read first."""
    if joined is None or not request.label_column:
        return []
    return sorted({label for row in joined.rows.values() if (label := row.get(request.label_column, ""))})


def _name(path: Path, root: Path) -> str:
    """Return the relative path as text, even if the file system's bytes are not valid text."""
    return path.relative_to(root).as_posix().encode("utf-8", "replace").decode()


def _offset(db: Database, sha256: str) -> int | None:
    """Return the offset of a file's pixels in the catalogue."""
    with db.read() as session:
        return session.scalar(select(func.min(Image.offset)).where(Image.sha256 == sha256))


def _imported_hashes(db: Database) -> "_ImportedHashes":
    with db.read() as session:
        return _ImportedHashes(set(session.scalars(select(Image.sha256).distinct())))


class _ImportedHashes:
    """The files in the catalogue by sha256; grows during the import."""

    def __init__(self, hashes: set[str]) -> None:
        self.hashes = hashes

    def __call__(self, sha256: str) -> bool:
        return sha256 in self.hashes


def _to_import_item(
    result: ReadFile | AlreadyImported,
    row: dict[str, str],
    request: ImportRequest,
    table: metadata_csv.MetadataTable | None,
    root: Path,
    key: bytes,
) -> import_rows.ImportItem:
    patient_column = request.patient_column or (
        import_rows.PATIENT if table and import_rows.PATIENT in table.columns else None
    )
    others = tuple(value for name, value in row.items() if deidentify.is_identity_column(name) and value)
    used = {request.file_column, request.label_column, patient_column, import_rows.STUDY}
    facts = {
        name.strip().lower().replace(" ", "_"): value
        for name, value in row.items()
        if name not in used and value and not deidentify.is_identity_column(name)
    }
    return import_rows.ImportItem(
        result=result,
        name=_name(result.path, root),
        key=key,
        facts=facts,
        others=others,
        patient_id=row.get(patient_column, "") if patient_column else "",
        label=row.get(request.label_column, "") if request.label_column else "",
        study=row.get(import_rows.STUDY, ""),
    )


def _count(tally: _Counts, item: import_rows.ImportItem, *, slices: bool) -> None:
    tally.hashes |= {item.result.sha256} if item.images else set()
    for image in item.images:
        pseudonym, known = item.patient_of(image)
        tally.identities.add(item.identity_of(image))
        tally.patients.add(pseudonym)
        tally.unknown |= set() if known else {pseudonym}
        if item.series_of(image):
            tally.series.add(item.series_of(image))
            if slices:
                attributes = SliceAttributes.of(image.attributes, image.format, item.result.sha256)
                tally.slices.setdefault(item.series_of(image), []).append((item.name, attributes))


def _flush(
    db: Database,
    request: ImportRequest,
    batch: list[import_rows.ImportItem],
    report: ImportReport,
    by: str,
    known: _ImportedHashes,
    csv_labels: Sequence[str],
) -> ImportReport:
    batch = sorted(batch, key=lambda item: item.name)  # readers finish in any order; rows follow the names
    newly_read = [item for item in batch if isinstance(item.result, ReadFile)]
    item_of_hash: dict[str, import_rows.ImportItem] = {}
    for item in newly_read:
        if not known(item.result.sha256):
            item_of_hash.setdefault(item.result.sha256, item)
    labels = import_rows.LabelCounts()
    if not request.dry_run and batch:
        with db.transaction() as session:
            labels = import_rows.write_rows(session, batch, task=request.task, by=by, coming=csv_labels)
    known.hashes.update(item_of_hash)
    noted = ((kind, item.name) for item in item_of_hash.values() for image in item.images for kind in image.notes)
    return replace(
        report,
        notes=image_notes.add_up(report.notes, noted),
        imported=report.imported + len(item_of_hash),
        known=report.known + len(batch) - len(item_of_hash),
        images=report.images + sum(len(item.images) for item in item_of_hash.values()),
        labelled=report.labelled + labels.added,
        labels_overridden=report.labels_overridden + labels.overridden,
        labels_without_case=report.labels_without_case + labels.without_case,
    )


def _with_counts(report: ImportReport, tally: _Counts) -> ImportReport:
    return replace(report, patients=len(tally.patients), unknown_patients=len(tally.unknown), series=len(tally.series))


def _scrubbed(report: ImportReport, tally: _Counts, scrub: bool) -> ImportReport:
    if not scrub:
        return report

    def hidden(name: str) -> str:
        return deidentify.scrub_name(name, tally.identities)

    return replace(
        report,
        refused=tuple(Refused(hidden(one.file), one.reason) for one in report.refused),
        unlisted=tuple(map(hidden, report.unlisted)),
        missing=tuple(map(hidden, report.missing)),
        notes=tuple(replace(note, examples=tuple(map(hidden, note.examples))) for note in report.notes),
    )


def submit(db: Database, settings: Settings, request: ImportRequest, *, by: str, key: str, launcher: Launcher) -> int:
    """Queue an import (or a dry run); return the job's id. The same key gives the same job.

    The request contains folder names, which can identify a patient, so it is stored in the inbox, not the catalogue.
    """
    with atomic_write(_request_path(settings, key)) as file:
        file.write(json.dumps(request.to_json()).encode())
    with db.transaction() as session:
        job_request = {"note": key, "by": by, "dry_run": request.dry_run}
        job_id = job_queue.add(session, JobKind.IMPORT, job_request, key=f"import:{key}").id
    launcher.wake()
    return job_id


def load_request(settings: Settings, job: job_queue.JobView) -> ImportRequest:
    """Return the request of an import job.

    Raises:
        NotFound: the job is done, and its request was deleted.
    """
    try:
        return ImportRequest.from_json(json.loads(_request_path(settings, job.request["note"]).read_bytes()))
    except FileNotFoundError as error:
        raise NotFound(
            f"The request of import {job.id} was deleted after it ended; start a new import of the folder."
        ) from error


def discard_inbox(settings: Settings, job: job_queue.JobView) -> None:
    """Delete an import's uploaded files, which are now in the store, and its request with the folder's name."""
    request, inbox = load_request(settings, job), settings.folder("inbox")
    for path in (request.path, request.metadata):
        dropped = next((one for one in (path, *path.parents) if one.parent == inbox), None) if path else None
        if dropped:
            shutil.rmtree(dropped, ignore_errors=True)
    _request_path(settings, job.request["note"]).unlink(missing_ok=True)


def _request_path(settings: Settings, key: str) -> Path:
    return settings.folder("inbox") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
