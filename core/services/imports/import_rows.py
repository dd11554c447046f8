"""Write the rows of imported files: patients, studies, series, images, metadata, and for a task cases and labels."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.services.images import image_notes
from core.services.imports import fact_rows, image_rows, label_rows
from core.services.imports.import_item import ImportItem


def write_rows(
    session: Session,
    items: Sequence[ImportItem],
    *,
    task: str,
    by: str,
    coming: Sequence[str] = (),
    order: Sequence[str] = (),
) -> label_rows.LabelCounts:
    """Write the rows of a batch; `coming` are labels of later batches, which also order the classes of a new task."""
    pairs = [(item, image) for item in items for image in item.images]
    added = image_rows.add_images(session, pairs)
    ids = image_rows.image_ids(session, {item.result.sha256 for item in items})
    fact_rows.add_facts(session, items, ids)
    image_notes.add_rows(session, {ids[key]: image.notes for key, image in added.items()})
    if not task:
        return label_rows.LabelCounts()
    return label_rows.add_labels(session, items, ids, task=task, by=by, coming=coming, order=order)
