"""Find a patient's other images and series, to show beside the image being read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.imaging.stacks.attributes import PROJECTIONS
from core.services.images import images
from core.services.images.images import ImageView
from db import Database, queries
from db.tables import Image, Series, Study

STACKS, IMAGES = 12, 2_000  # the most stacks; no further stack after so many images


@dataclass(frozen=True, slots=True)
class Stack:
    """One image, or the slices of a series in order; a number in the title replaces the unknown date."""

    id: str
    title: str
    images: tuple[ImageView, ...]


@dataclass(frozen=True, slots=True)
class _ImageIds:
    """A stack of image ids, before the images are read."""

    id: str
    image_ids: tuple[int, ...]


def related_stacks(db: Database, image_id: int) -> list[Stack]:
    """Return the stacks of the same patient: other phases and echoes of the series, then those of the same study.

    Others follow in the order of import. The image's own stack is left out, except for projections, whose other views
    belong beside the image.

    Raises:
        NotFound: no image has that id.
    """
    with db.read() as session:
        current = session.get(Image, image_id)
        if current is None:
            raise NotFound(f"There is no image {image_id}; choose one on the Images page.")
        id_stacks = list(_limited(_stacks_of_ids(session, current)))
    views = {view.id: view for view in images.many(db, [image for ids in id_stacks for image in ids.image_ids])}
    stacks = [(ids, tuple(views[image] for image in ids.image_ids)) for ids in id_stacks]
    return [Stack(ids.id, _title(number, shown), shown) for number, (ids, shown) in enumerate(stacks, start=1)]


def _limited(stacks: Iterator[_ImageIds]) -> Iterator[_ImageIds]:
    """Yield whole stacks up to the limits."""
    left = IMAGES
    for stack in islice(stacks, STACKS):
        yield stack
        left -= len(stack.image_ids)
        if left <= 0:
            return


def _stacks_of_ids(session: Session, current: Image) -> Iterator[_ImageIds]:
    """Yield stacks by way of the patient's studies and series, without reading all of the patient's slices."""
    series = _series(session, current)
    ordered = queries.images_by_series(session, [row.id for row in series])
    for row_of_series in series:
        ids = tuple(image for image in ordered.get(row_of_series.id, []) if image != current.id)
        if row_of_series.modality in PROJECTIONS:
            yield from (_ImageIds(f"image-{image}", (image,)) for image in ids)
        elif ids:
            yield _ImageIds(f"series-{row_of_series.id}", ids)
    without_series = select(Image.id).where(
        Image.patient_id == current.patient_id, Image.series_id.is_(None), Image.id != current.id
    )
    shown = without_series.where(Image.excluded_because.is_(None)).order_by(Image.id).limit(STACKS)
    yield from (_ImageIds(f"image-{image}", (image,)) for image in session.scalars(shown))


def _series(session: Session, current: Image) -> list[Series]:
    own_series = session.get(Series, current.series_id) if current.series_id else None
    study = own_series.study_id if own_series else 0
    statement = select(Series).join(Study, Study.id == Series.study_id).where(Study.patient_id == current.patient_id)
    other: ColumnElement[bool] = Series.id != (current.series_id or 0)
    beside = statement.where(or_(other, Series.modality.in_(PROJECTIONS)))
    uid_key = own_series.uid_key if own_series else ""
    other_series = or_(Series.study_id != study, Series.uid_key != uid_key)
    order = (Series.study_id != study, other_series, queries.first_stack(), Series.stack)
    return list(session.scalars(beside.order_by(*order).limit(STACKS + 1)))


def _title(number: int, shown: tuple[ImageView, ...]) -> str:
    facts = shown[len(shown) // 2].facts
    description = " ".join(filter(None, (facts.get(name) for name in ("modality", "view", "laterality", "body_part"))))
    frames = shown[0].format.frames
    long = f"{len(shown)} slices" if len(shown) > 1 else f"{frames} frames" if frames > 1 else ""
    stack = shown[0].stack.title if shown[0].stack else ""
    return " · ".join(filter(None, (str(number), description, stack, long)))
