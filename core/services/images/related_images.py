"""A patient's other pictures and series, to be laid beside the one that is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.services.annotation.cases import PROJECTIONS
from core.services.images import images
from core.services.images.images import ImageView
from db import Database, queries
from db.tables import Image, Series, Study

STACKS, IMAGES = 12, 2_000  # at most: what a reader looks through; after so many images an answer ends


@dataclass(frozen=True, slots=True)
class Stack:
    """One picture, or the slices of a series in their order; the number in its title stands for the unknown date."""

    id: str
    title: str
    images: tuple[ImageView, ...]


@dataclass(frozen=True, slots=True)
class _Lot:
    """A stack before its images are read."""

    id: str
    image_ids: tuple[int, ...]


def related_stacks(db: Database, image_id: int) -> list[Stack]:
    """The stacks of the same patient: those of the same study first, then by their coming in.

    The image's own series is not among them, but for projections, whose other views are what one lays beside it.

    Raises:
        NotFound: no image has that id.
    """
    with db.read() as session:
        asked = session.get(Image, image_id)
        if asked is None:
            raise NotFound(f"Image {image_id} is not in this catalogue; choose one from the Images page.")
        lots = list(_few(_lots(session, asked)))
    found = {one.id: one for one in images.many(db, [one for lot in lots for one in lot.image_ids])}
    stacks = [(lot, tuple(found[one] for one in lot.image_ids)) for lot in lots]
    return [Stack(lot.id, _title(number, shown), shown) for number, (lot, shown) in enumerate(stacks, start=1)]


def _few(lots: Iterator[_Lot]) -> Iterator[_Lot]:
    """Whole stacks, until it is enough."""
    room = IMAGES
    for lot in islice(lots, STACKS):
        yield lot
        room -= len(lot.image_ids)
        if room <= 0:
            return


def _lots(session: Session, asked: Image) -> Iterator[_Lot]:
    """Found through the patient's studies and their series, never through all of a patient's slices."""
    series = _series(session, asked)
    ordered = queries.images_by_series(session, [one.id for one in series])
    for one in series:
        ids = tuple(image for image in ordered.get(one.id, []) if image != asked.id)
        if one.modality in PROJECTIONS:
            yield from (_Lot(f"image-{image}", (image,)) for image in ids)
        elif ids:
            yield _Lot(f"series-{one.id}", ids)
    loose = select(Image.id).where(
        Image.patient_id == asked.patient_id, Image.series_id.is_(None), Image.id != asked.id
    )
    shown = loose.where(Image.excluded_because.is_(None)).order_by(Image.id).limit(STACKS)
    yield from (_Lot(f"image-{image}", (image,)) for image in session.scalars(shown))


def _series(session: Session, asked: Image) -> list[Series]:
    own = session.get(Series, asked.series_id) if asked.series_id else None
    study = own.study_id if own else 0
    wanted = select(Series).join(Study, Study.id == Series.study_id).where(Study.patient_id == asked.patient_id)
    other: ColumnElement[bool] = Series.id != (asked.series_id or 0)
    beside = wanted.where(or_(other, Series.modality.in_(PROJECTIONS)))
    return list(session.scalars(beside.order_by(Series.study_id != study, Series.id).limit(STACKS + 1)))


def _title(number: int, shown: tuple[ImageView, ...]) -> str:
    facts = shown[len(shown) // 2].facts
    told = " ".join(filter(None, (facts.get(name) for name in ("modality", "view", "laterality", "body_part"))))
    frames = shown[0].format.frames
    long = f"{len(shown)} slices" if len(shown) > 1 else f"{frames} frames" if frames > 1 else ""
    return " · ".join(filter(None, (str(number), told, long)))
