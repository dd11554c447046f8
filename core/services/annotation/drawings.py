"""Store readers' drawings on a case's images: append-only, idempotent by stroke; the newest version of a key counts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.imaging.drawings import geometry_schema
from core.imaging.pixel_format import PixelFormat
from db import Database, queries
from db.tables import Case, Drawing, Image, LabelClass, Reader
from db.vocabulary import LabelSource, Shape

LONGEST_KEY = 80
MICROSECONDS = 6  # digits of a time that a DICOM report can carry


@dataclass(frozen=True, slots=True)
class DrawingView:
    """One version of a drawing; `key` names the drawing, `label` is the class's position."""

    key: str
    image_id: int
    frame: int
    shape: Shape
    geometry: dict[str, Any]
    label: int | None
    reader: str
    at: float
    erased: bool = False


def draw(
    db: Database,
    *,
    case_id: int,
    image_id: int,
    frame: int,
    key: str,
    shape: str,
    geometry: Any,
    label: int | None,
    by: str,
    client: str,
    erased: bool = False,
) -> DrawingView:
    """Append a version of the drawing `key` of a case; sending the same `client` key twice adds one version.

    Erasing appends a version too, at the place of the newest one; the other arguments are ignored then.

    Raises:
        NotFound: no such case or image.
        InvalidInput: an image of another patient, or an invalid frame, shape, geometry or class.
    """
    for name, text in (("key", key), ("client key", client)):
        if not 1 <= len(text) <= LONGEST_KEY:
            raise InvalidInput(f"The drawing's {name} must have 1 to {LONGEST_KEY} characters; reload the page.")
    with db.transaction() as session:
        case = _case(session, case_id)
        row = session.scalar(select(Drawing).where(Drawing.client_key == client))
        if row is None:
            before = newest(session, case_id, key)
            row = (
                _erasing(before)
                if erased
                else _drawn(
                    session, case, before, image_id=image_id, frame=frame, shape=shape, geometry=geometry, label=label
                )
            )
            row.case_id, row.key, row.client_key, row.erased = case_id, key, client, erased
            row.reader_id, row.source = queries.reader_id(session, by), LabelSource.HUMAN
            row.created_at = round(time.time(), MICROSECONDS)
            session.add(row)
            session.flush()
        elif row.case_id != case_id:
            raise InvalidInput("This stroke belongs to another case; reload the page and draw it again.")
        return _views(session, [row])[0]


def standing(db: Database, case_id: int) -> list[DrawingView]:
    """Return the newest version of every drawing of a case that is not erased, in the order of their first versions.

    Raises:
        NotFound: no such case.
    """
    with db.read() as session:
        _case(session, case_id)
        first_and_last = (
            select(func.min(Drawing.id).label("first"), func.max(Drawing.id).label("last"))
            .where(Drawing.case_id == case_id)
            .group_by(Drawing.key)
            .subquery()
        )
        rows = select(Drawing).join(first_and_last, Drawing.id == first_and_last.c.last)
        return _views(
            session, session.scalars(rows.where(Drawing.erased.is_(False)).order_by(first_and_last.c.first)).all()
        )


def history(db: Database, case_id: int, key: str | None = None) -> list[DrawingView]:
    """Return every version of the drawings of a case (or of one of them), oldest first."""
    with db.read() as session:
        _case(session, case_id)
        rows = select(Drawing).where(Drawing.case_id == case_id).order_by(Drawing.id)
        return _views(session, session.scalars(rows if key is None else rows.where(Drawing.key == key)).all())


def newest(session: Session, case_id: int, key: str) -> Drawing | None:
    """Return the newest version of a drawing by its key within the case."""
    versions = select(Drawing).where(Drawing.key == key, Drawing.case_id == case_id)
    return session.scalars(versions.order_by(Drawing.id.desc()).limit(1)).first()


def shown_beside(session: Session, case: Case, image: Image) -> bool:
    """Tell whether an image may be drawn on with a case: its own, its series', or another of the same patient."""
    if image.id == case.image_id or (case.series_id is not None and image.series_id == case.series_id):
        return True
    return session.scalar(select(Image.patient_id).where(Image.id == case.image_id)) == image.patient_id


def _drawn(
    session: Session,
    case: Case,
    before: Drawing | None,
    *,
    image_id: int,
    frame: int,
    shape: str,
    geometry: Any,
    label: int | None,
) -> Drawing:
    image = session.get(Image, image_id)
    if image is None:
        raise NotFound(f"There is no image {image_id}; reload the page.")
    if not shown_beside(session, case, image):
        raise InvalidInput(f"Image {image_id} and case {case.id} are of different patients; reload the page.")
    if before is not None and (before.image_id, before.frame) != (image_id, frame):
        raise InvalidInput("This drawing is on another image or frame, and a drawing cannot move; draw a new one.")
    format = PixelFormat.from_json(image.format)
    if not 0 <= frame < format.frames:
        raise InvalidInput(
            f"Image {image_id} has {format.frames} frames, so there is no frame {frame}; reload the page."
        )
    return Drawing(
        image_id=image_id,
        frame=frame,
        label_id=_label_id(session, case, before, label),
        shape=Shape(shape) if shape in geometry_schema.SHAPES else shape,
        geometry=geometry_schema.normalise(shape, geometry, format.rows, format.columns),
    )


def _erasing(before: Drawing | None) -> Drawing:
    if before is None:
        raise InvalidInput("The drawing to erase does not exist; reload the page.")
    return Drawing(
        image_id=before.image_id,
        frame=before.frame,
        label_id=before.label_id,
        shape=before.shape,
        geometry=before.geometry,
    )


def _label_id(session: Session, case: Case, before: Drawing | None, position: int | None) -> int | None:
    if position is None:
        return None
    named = select(LabelClass).where(LabelClass.task_id == case.task_id, LabelClass.position == position)
    label = session.scalar(named)
    if label is None:
        raise InvalidInput(f"Class {position + 1} is not one of this task's classes; reload the page.")
    if label.retired_at is not None and (before is None or before.label_id != label.id):
        raise InvalidInput(f"The class '{label.title or label.name}' was retired; choose another, or reload the page.")
    return label.id


def _case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound(f"There is no case {case_id}; reload the page.")
    return case


def _views(session: Session, rows: Sequence[Drawing]) -> list[DrawingView]:
    readers = dict(
        session.execute(select(Reader.id, Reader.name).where(Reader.id.in_({row.reader_id for row in rows}))).all()
    )
    positions = dict(
        session.execute(
            select(LabelClass.id, LabelClass.position).where(LabelClass.id.in_({row.label_id for row in rows}))
        ).all()
    )
    return [
        DrawingView(
            key=row.key,
            image_id=row.image_id,
            frame=row.frame,
            shape=row.shape,
            geometry=row.geometry,
            label=positions[row.label_id] if row.label_id is not None else None,
            reader=readers[row.reader_id],
            at=row.created_at,
            erased=row.erased,
        )
        for row in rows
    ]
