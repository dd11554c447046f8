"""Read a snapshot for training: its cases with all their images and targets, and the heads of its tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound, NotTrainable
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import StackWindow
from core.imaging.store import Store
from core.models.heads import Head
from core.settings import Settings
from core.training.examples import Example, ImageRef
from db import Database, queries
from db.tables import Case, Image, Patient, Series, Snapshot, SnapshotCase, Task
from db.vocabulary import Split, TaskKind

Known = tuple[float, ...]


def heads_of(db: Database, snapshot_id: int, also: Sequence[int] = ()) -> list[Head]:
    """Return the network heads for a snapshot's task and those of additional snapshots.

    Raises:
        NotFound: there is no such snapshot.
    """
    with db.read() as session:
        return [_head(session, one) for one in (snapshot_id, *also)]


def examples_of(
    db: Database,
    settings: Settings,
    snapshot_id: int,
    *,
    split: str | None = None,
    also: Sequence[int] = (),
    only: Sequence[int] | None = None,
) -> list[Example]:
    """Return the frozen cases in the order of their files' hashes, the same in every home; `only` some, by id.

    Additional snapshots (`also`) contribute only labels, for images that represent a case in the first one. The first
    snapshot alone decides the split, so that no patient can be in two.

    Raises:
        NotTrainable: an additional snapshot has no image in common with the first.
    """
    with db.read() as session:
        examples = _frozen(session, Store(settings.home), snapshot_id, split, only)
        for other in also:
            examples = _add_targets(examples, _head(session, other), _known(session, other))
    return examples


def source_hashes(db: Database, snapshot_id: int) -> list[str]:
    """Return the sha256 of every file of a snapshot, for verification before training."""
    with db.read() as session:
        rows = session.execute(
            select(SnapshotCase.images, Case.image_id)
            .join(Case, Case.id == SnapshotCase.case_id)
            .where(SnapshotCase.snapshot_id == snapshot_id)
        ).all()
        pictures = _pictures(session, {image for images, main in rows for image in images or [main]})
        return sorted({image.sha256 for image in pictures.values()})


def _head(session: Session, snapshot_id: int) -> Head:
    row = session.get(Snapshot, snapshot_id)
    if row is None:
        raise NotFound(f"There is no snapshot {snapshot_id}; choose one on the Datasets page.")
    classes = () if row.kind is TaskKind.NUMBER else tuple(name for name, _ in row.classes)
    return Head(session.get_one(Task, row.task_id).name, row.kind.value, classes)


def _frozen(
    session: Session, store: Store, snapshot_id: int, split: str | None, only: Sequence[int] | None
) -> list[Example]:
    joined = (
        select(SnapshotCase, Case.image_id, queries.frozen_person())
        .join(Case, Case.id == SnapshotCase.case_id)
        .join(Image, Image.id == Case.image_id)
        .join(Patient, Patient.id == SnapshotCase.patient_id)
        .where(SnapshotCase.snapshot_id == snapshot_id)
        .order_by(Image.sha256, Image.item)
    )
    if only is not None:
        joined = joined.where(SnapshotCase.case_id.in_(only))
    rows = session.execute(joined.where(SnapshotCase.split == Split(split)) if split else joined).all()
    image_ids = {image for frozen, main, _ in rows for image in frozen.images or [main]}
    planes = _planes(session, store, image_ids)
    return [_example(frozen, main, patient, planes) for frozen, main, patient in rows]


def _example(frozen: SnapshotCase, main: int, patient: str, planes: Mapping[int, ImageRef]) -> Example:
    images = frozen.images or [main]
    return Example(
        key=str(frozen.case_id),
        images=tuple(planes[image] for image in images),
        main=images.index(main) if main in images else len(images) // 2,  # its stack was cut since
        targets=_targets(frozen),
        split=frozen.split.value,
        weight=frozen.weight,
        repeats=frozen.repeats,
        patient=patient,
    )


def _targets(frozen: SnapshotCase) -> Known:
    targets = [frozen.label] if frozen.targets is None else frozen.targets
    return tuple(nan if one is None else float(one) for one in targets)


def _known(session: Session, snapshot_id: int) -> dict[str, Known]:
    """Return a snapshot's targets of each image that represents a case, by image id."""
    joined = select(SnapshotCase, Case.image_id).join(Case, Case.id == SnapshotCase.case_id)
    rows = session.execute(joined.where(SnapshotCase.snapshot_id == snapshot_id))
    return {str(image): _targets(frozen) for frozen, image in rows}


def _add_targets(examples: Sequence[Example], head: Head, known: Mapping[str, Known]) -> list[Example]:
    if not any(one.picture.image in known for one in examples):
        raise NotTrainable(
            f"Task '{head.task}' has no case with an image of this dataset, so it cannot be trained along with it; "
            "leave it out, or freeze both tasks on the same images."
        )
    unknown = (nan,) * head.targets
    return [replace(one, targets=one.targets + known.get(one.picture.image, unknown)) for one in examples]


def _planes(session: Session, store: Store, images: Iterable[int]) -> dict[int, ImageRef]:
    """Return a reference to each image's pixels, by id."""
    pictures = _pictures(session, images)
    facts = queries.facts_of(session, pictures)
    series = _series(session, {image.series_id for image in pictures.values() if image.series_id})
    return {
        image_id: ImageRef(
            store.pixels(image.sha256),
            image.offset,
            _windowed(image, series.get(image.series_id or 0)),
            image=str(image_id),
            view=facts.get(image_id, {}).get(queries.VIEW) or _modality(series.get(image.series_id or 0)),
        )
        for image_id, image in pictures.items()
    }


def _series(session: Session, series_ids: Iterable[int]) -> dict[int, Series]:
    rows: dict[int, Series] = {}
    for ids in queries.chunks(sorted(series_ids)):
        rows |= {row.id: row for row in session.scalars(select(Series).where(Series.id.in_(ids)))}
    return rows


def _windowed(image: Image, row: Series | None) -> PixelFormat:
    """Return the format with the window of the stack: equal tissue gives equal input in every slice."""
    format = PixelFormat.from_json(image.format)
    return StackWindow.from_json(row.window).applied_to(format) if row is not None and row.window else format


def _modality(row: Series | None) -> str:
    return row.modality if row is not None else ""


def _pictures(session: Session, images: Iterable[int]) -> dict[int, Image]:
    rows: dict[int, Image] = {}
    for ids in queries.chunks(sorted(set(images))):
        rows |= {row.id: row for row in session.scalars(select(Image).where(Image.id.in_(ids)))}
    return rows
