"""Find the stacks to lay beside a shown one: the same places at other echoes, phases, b-values or times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.imaging.stacks import SliceAttributes, siblings
from core.imaging.stacks.attributes import is_placed
from core.services.images import series_stacks
from db import Database, queries
from db.tables import Image, Series

NONE = "This study has no other phase, echo or b-value of this place."
UNPLACED = "This image has no position in the patient, so no other phase or echo can be laid beside it."
EXCLUDED = "All images of this stack are excluded; include one again to lay other phases or echoes beside it."
FRAMES = "This stack is one file with several frames; only stacks of separate images are laid side by side."


@dataclass(frozen=True, slots=True)
class SiblingStack:
    """A stack by the id of its row of `series`; `title` says what sets it apart ("Echo 2 · TE 60 ms")."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The stacks to lay side by side in their order, the shown one among them; else `reason` says why none are."""

    stacks: tuple[SiblingStack, ...] = ()
    reason: str = ""


def side_by_side(db: Database, series_id: int) -> SideBySide:
    """Return the siblings of a stack in its own series; where it has none, those in its study.

    The first, the middle and the last slice stand for each stack; excluded images do not count.

    Raises:
        NotFound: no stack has that id.
    """
    with db.read() as session:
        shown = session.get(Series, series_id)
        if shown is None:
            raise NotFound(f"There is no series {series_id}; choose one on the Images page.")
        of_series = _slices(session, shown, queries.stacks_of_series(session, series_id))
        if reason := _reason(of_series.get(series_id, [])):
            return SideBySide(reason=reason)
        if beside := _siblings(of_series, series_id, one_series=True):
            return SideBySide(beside)
        in_study = select(Series.id).where(Series.study_id == shown.study_id, Series.modality == shown.modality)
        of_study = _slices(session, shown, session.scalars(in_study.order_by(Series.id)).all())
        beside = _siblings(of_study, series_id, one_series=False)
    return SideBySide(beside, "" if beside else NONE)


def _reason(slices: Sequence[SliceAttributes]) -> str:
    if not slices:
        return EXCLUDED
    if any(one.frames > 1 for one in slices):
        return FRAMES
    return "" if all(map(is_placed, slices)) else UNPLACED


def _slices(session: Session, shown: Series, series_ids: Sequence[int]) -> dict[int, list[SliceAttributes]]:
    """Return the first, the middle and the last slice of each stack that has images."""
    ordered = queries.images_by_series(session, series_ids)
    ends = {row: list(dict.fromkeys((ids[0], ids[len(ids) // 2], ids[-1]))) for row, ids in ordered.items()}
    slices: dict[int, list[SliceAttributes]] = {row: [] for row in sorted(ends)}
    for ids in queries.chunks([image for of_stack in ends.values() for image in of_stack]):
        rows = select(*series_stacks.COLUMNS).where(Image.id.in_(ids)).order_by(Image.series_id, Image.place)
        for image in session.execute(rows):
            slices[image.series_id].append(series_stacks.slice_attributes(image, shown.modality))
    return slices


def _siblings(
    slices: Mapping[int, Sequence[SliceAttributes]], series_id: int, *, one_series: bool
) -> tuple[SiblingStack, ...]:
    ids = list(slices)
    beside = siblings(list(slices.values()), ids.index(series_id), one_series=one_series)
    return tuple(SiblingStack(ids[sibling.index], sibling.title) for sibling in beside)
