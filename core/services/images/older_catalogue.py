"""Group the series of a catalogue of before stacks when it is opened, and note which read differently since."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.imaging.pixel_format import PixelFormat
from core.services.images.series_stacks import UNGROUPED, images_by_row, regroup
from core.services.images.stack_rows import ImageRow
from db import Database, queries
from db.tables import Image, Series

AT_ONCE = 200  # series in one transaction


def group_older_catalogue(db: Database) -> int:
    """Group the series of a catalogue of before stacks, and note which read differently now; return how many."""
    grouped = 0
    while ids := _ungrouped(db):
        with db.transaction() as session:
            _group_and_compare(session, ids)
        grouped += len(ids)
    return grouped


def _ungrouped(db: Database) -> list[int]:
    with db.read() as session:
        return list(session.scalars(select(Series.id).where(Series.stack == UNGROUPED).limit(AT_ONCE)))


def _group_and_compare(session: Session, ids: Sequence[int]) -> None:
    ids = list(session.scalars(select(Series.id).where(Series.id.in_(ids), Series.stack == UNGROUPED)))
    before = {
        key: sorted(rows, key=lambda row: (row.position, row.id)) for key, rows in images_by_row(session, ids).items()
    }
    regroup(session, ids)
    for row in session.scalars(select(Series).where(Series.id.in_(ids))).all():
        row.stack = max(row.stack, 0)  # also one without images: nothing waits forever
        if row.id in before:
            row.reads_differently = _difference(session, row, before[row.id])


def _difference(session: Session, row: Series, images: Sequence[ImageRow]) -> dict[str, Any] | None:
    """Return what reads differently than the images in the order of before; None if nothing does."""
    stacks = queries.stacks_of_series(session, row.id)
    order = [image for stack in stacks for image in _place_order(session, stack)] != [image.id for image in images]
    shown = images[len(images) // 2].format  # the window of the middle slice was that of the viewer
    window = row.window is not None and _window_of(shown) != row.window
    return {"order": order, "window": window, "at": time.time()} if order or window else None


def _window_of(format: Mapping[str, Any]) -> dict[str, Any]:
    plain = PixelFormat.from_json(dict(format))
    return {"center": plain.window_center, "width": plain.window_width, "function": plain.voi_function}


def _place_order(session: Session, series_id: int) -> list[int]:
    return list(session.scalars(select(Image.id).where(Image.series_id == series_id).order_by(Image.place)))
