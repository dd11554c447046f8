"""Write the rows of imported files: patients, studies, series, images, metadata, and for a task cases and labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.services.images import image_notes
from core.services.imports.import_item import ImportItem
from core.services.imports.rows import fact_rows, image_rows, label_rows
from db.tables import ImportedImage


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """What a batch added: labels, and the SHA-256 of the files that the catalogue lacked."""

    labels: label_rows.LabelCounts
    files: frozenset[str]


def write_rows(
    session: Session,
    items: Sequence[ImportItem],
    *,
    task: str,
    by: str,
    coming: Sequence[str] = (),
    order: Sequence[str] = (),
    import_id: int | None = None,
) -> WrittenRows:
    """Write the rows of a batch; `coming` are labels of later batches, which also order the classes of a new task."""
    pairs = [(item, image) for item in items for image in item.images]
    added = image_rows.add_images(session, pairs)
    ids = image_rows.image_ids(session, {item.result.sha256 for item in items})
    fact_rows.add_facts(session, items, ids)
    image_notes.add_rows(session, {ids[key]: image.notes for key, image in added.items()})
    if import_id is not None:
        _add_to_import(session, import_id, (ids[key] for key in added))
    labels = label_rows.LabelCounts()
    if task:
        labels = label_rows.add_labels(session, items, ids, task=task, by=by, coming=coming, order=order)
    return WrittenRows(labels, frozenset(sha256 for sha256, _ in added))


def _add_to_import(session: Session, import_id: int, image_ids: Iterable[int]) -> None:
    rows = [{"import_id": import_id, "image_id": image_id} for image_id in image_ids]
    if rows:
        session.execute(insert(ImportedImage), rows)
