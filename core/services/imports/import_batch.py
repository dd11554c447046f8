"""Write a batch of files in one transaction, and know which files the catalogue has."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select

from core.imaging.reader_pool import ReadFile
from core.imaging.store import Store
from core.services.images import image_notes
from core.services.imports.import_item import ImportItem
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest
from core.services.imports.rows import import_rows
from core.services.imports.rows.label_rows import LabelCounts
from db import Database
from db.tables import Image


@dataclass
class ImportedFiles:
    """The files in the catalogue by SHA-256; grows during the import."""

    db: Database
    hashes: set[str] = field(repr=False)

    @classmethod
    def of(cls, db: Database) -> "ImportedFiles":
        """Return the files in the catalogue."""
        with db.read() as session:
            return cls(db, set(session.scalars(select(Image.sha256).distinct())))

    def is_complete(self, sha256: str, store: Store | None) -> bool:
        """Return whether the catalogue has a file, and the store, if given, its pixels and unchanged original."""
        return sha256 in self.hashes and (store is None or store.is_intact(sha256))

    def offset(self, sha256: str) -> int | None:
        """Return the offset of a file's pixels in the catalogue, None if it is not there."""
        if sha256 not in self.hashes:
            return None
        with self.db.read() as session:
            return session.scalar(select(func.min(Image.offset)).where(Image.sha256 == sha256))


def write_batch(
    db: Database,
    request: ImportRequest,
    batch: Sequence[ImportItem],
    report: ImportReport,
    *,
    by: str,
    imported: ImportedFiles,
    labels: Sequence[str],
    import_id: int | None = None,
) -> ImportReport:
    """Write the rows of a batch, unless it is a dry run; return the report with them.

    `labels` are those of the whole import, which also order the classes of a new task.
    """
    batch = sorted(batch, key=lambda item: item.name)  # rows follow the names
    item_of_hash: dict[str, ImportItem] = {}
    for item in batch:
        if isinstance(item.result, ReadFile) and item.result.sha256 not in imported.hashes:
            item_of_hash.setdefault(item.result.sha256, item)
    counts = LabelCounts()
    if not request.dry_run and batch:
        with db.transaction() as session:
            written = import_rows.write_rows(
                session,
                batch,
                task=request.task,
                by=by,
                coming=labels,
                order=request.class_order,
                import_id=import_id,
            )
        counts = written.labels
        # Of two imports at once each reports the files that it brought itself.
        item_of_hash = {sha256: item for sha256, item in item_of_hash.items() if sha256 in written.files}
        imported.hashes.update(item.result.sha256 for item in batch)
    imported.hashes.update(item_of_hash)
    noted = ((kind, item.name) for item in item_of_hash.values() for image in item.images for kind in image.notes)
    return replace(
        report,
        notes=image_notes.add_up(report.notes, noted),
        imported=report.imported + len(item_of_hash),
        known=report.known + len(batch) - len(item_of_hash),
        images=report.images + sum(len(item.images) for item in item_of_hash.values()),
        labelled=report.labelled + counts.added,
        labels_overridden=report.labels_overridden + counts.overridden,
        labels_without_case=report.labels_without_case + counts.without_case,
    )
