"""Group the images of series into stacks in the catalogue: a row of `series` for each stack, a place for each image."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import SliceAttributes, SliceStack, build_stacks, stack_window
from core.imaging.stacks.attributes import PROJECTIONS
from core.services.annotation import cases
from core.services.images import image_notes
from db import queries
from db.tables import Case, Image, Series, Task
from db.vocabulary import Unit

UNGROUPED = -1  # the stack number of series of a catalogue of before stacks
COLUMNS = (
    Image.id,
    Image.series_id,
    Image.sha256,
    Image.item,
    Image.format,
    Image.attributes,
    Image.position,
    Image.place,
)

SeriesKey = tuple[int, str]  # study and uid_key: what the scanner calls a series
ImageKey = tuple[str, str]  # sha256 and item
ImageRow = Row[Any]


def regroup(session: Session, series_ids: Iterable[int], *, fresh: Container[ImageKey] = ()) -> None:
    """Cut the series of these rows into stacks, and order their images; the same images always give the same stacks.

    A row keeps its id for the stack with most of the images that it had before the `fresh` ones, so that labels stay
    with what was labelled.
    """
    rows = _rows_of(session, series_ids)
    crowded = _with_several_images(session, [row.id for siblings in rows.values() for row in siblings])
    several = [
        siblings for siblings in rows.values() if len(siblings) > 1 or siblings[0].id in crowded
    ]  # one image is a stack as it is
    images = images_by_row(session, [row.id for siblings in several for row in siblings])
    changed_rows = set[int]()
    for siblings in several:
        of_series = [image for row in siblings for image in images.get(row.id, ())]
        changed_rows |= _regroup_series(session, siblings, of_series, fresh)
    _update_representative_images(session, changed_rows)


def _rows_of(session: Session, series_ids: Iterable[int]) -> dict[SeriesKey, list[Series]]:
    """Return the rows of all stacks of the series, by series."""
    rows: dict[SeriesKey, list[Series]] = defaultdict(list)
    for ids in queries.chunks(sorted(set(series_ids))):
        keys = select(Series.study_id, Series.uid_key).where(Series.id.in_(ids))
        for row in session.scalars(
            select(Series).where(tuple_(Series.study_id, Series.uid_key).in_(keys)).order_by(Series.stack, Series.id)
        ):
            siblings = rows[row.study_id, row.uid_key]
            siblings += [row] if row not in siblings else []
    return rows


def _with_several_images(session: Session, series_ids: Sequence[int]) -> set[int]:
    crowded = set[int]()
    for ids in queries.chunks(list(series_ids)):
        counted = select(Image.series_id).where(Image.series_id.in_(ids)).group_by(Image.series_id)
        crowded |= {one for one in session.scalars(counted.having(func.count() > 1)) if one is not None}
    return crowded


def images_by_row(session: Session, series_ids: Sequence[int]) -> dict[int, list[ImageRow]]:
    """Return the images of each row of `series`."""
    images: dict[int, list[ImageRow]] = defaultdict(list)
    for ids in queries.chunks(list(series_ids)):
        for image in session.execute(select(*COLUMNS).where(Image.series_id.in_(ids))):
            images[image.series_id].append(image)
    return images


def _regroup_series(
    session: Session, rows: Sequence[Series], images: Sequence[ImageRow], fresh: Container[ImageKey]
) -> set[int]:
    """Write the stacks of one series; return the ids of the rows whose images changed."""
    stacks = build_stacks([slice_attributes(image, rows[0].modality) for image in images])
    ordered = [[images[at] for at in stack.order] for stack in stacks]
    row_of_stack = _keep_ids(session, rows, ordered, fresh)
    for number, row in enumerate(rows):
        row.stack = -2 - number  # free the numbers, which are unique within a series
    session.flush()
    changed = set[int]()
    noted = {slices[0].id: stack.notes for stack, slices in zip(stacks, ordered, strict=True)}
    image_notes.replace_stack_notes(session, [image.id for image in images], noted)
    for number, (stack, slices) in enumerate(zip(stacks, ordered, strict=True)):
        row = row_of_stack.get(number) or Series(study_id=rows[0].study_id, uid_key=rows[0].uid_key)
        row.modality = rows[0].modality
        _describe(row, number, stack, slices)
        session.add(row)
        session.flush()
        changed |= _place(session, row.id, slices)
    _drop(session, [row for row in rows if row not in row_of_stack.values()], len(stacks))
    return changed


def slice_attributes(image: ImageRow, modality: str) -> SliceAttributes:
    """Return the attributes of an image (a row of COLUMNS) of a series of that modality."""
    format = PixelFormat.from_json(image.format)
    if image.attributes:
        return SliceAttributes.of(image.attributes, format, f"{image.sha256}#{image.item}")
    # Of before stacks: a position was in mm, or the instance number where the file has no geometry. Nothing else is
    # known about slices at one place, so they stay in the order in which they were shown.
    unplaced = format.orientation is None or format.place is None
    stored = {"modality": modality, "instance": image.position if unplaced else None}
    return SliceAttributes.of(stored, format, f"{image.id:012}")


def _describe(row: Series, number: int, stack: SliceStack, slices: Sequence[ImageRow]) -> None:
    formats = [PixelFormat.from_json(image.format) for image in slices]
    window = stack_window(formats) if row.modality not in PROJECTIONS else None
    row.stack, row.title, row.spacing_mm, row.notes = number, stack.title, stack.spacing_mm, list(stack.notes)
    row.window = window.to_json() if window is not None and len(slices) > 1 else None


def _place(session: Session, series_id: int, slices: Sequence[ImageRow]) -> set[int]:
    """Write the places of a stack's images; return the rows that lost or won an image."""
    moved = [
        {"id": image.id, "series_id": series_id, "place": place}
        for place, image in enumerate(slices)
        if (image.series_id, image.place) != (series_id, place)
    ]
    if moved:
        session.execute(update(Image), moved)
    return {series_id, *(image.series_id for image in slices)} if moved else set()


def _keep_ids(
    session: Session, rows: Sequence[Series], stacks: Sequence[Sequence[ImageRow]], fresh: Container[ImageKey]
) -> dict[int, Series]:
    """Return the row that each stack takes over: that of most of its images, rows with cases first."""
    answered, shown = _cases_of(session, [row.id for row in rows])
    overlaps = []
    for number, images in enumerate(stacks):
        ids = {image.id for image in images}
        shared = Counter(image.series_id for image in images)
        known = Counter(image.series_id for image in images if (image.sha256, image.item) not in fresh)
        for row in rows:
            if shared[row.id]:
                has_middle = bool(shown[row.id] & ids)
                overlaps.append(
                    (row.id not in answered, -known[row.id], -shared[row.id], not has_middle, number, row.id)
                )
    row_of_id, row_of_stack = {row.id: row for row in rows}, dict[int, Series]()
    for *_, number, row_id in sorted(overlaps):
        if number not in row_of_stack and row_id in row_of_id:
            row_of_stack[number] = row_of_id.pop(row_id)
    return row_of_stack


def _cases_of(session: Session, series_ids: Sequence[int]) -> tuple[set[int], Mapping[int, set[int]]]:
    """Return the rows that have an answered case, and the images that represent a row's cases."""
    answered, shown = set[int](), defaultdict[int, set[int]](set)
    statement = select(Case.series_id, Case.image_id, Case.answer).where(Case.series_id.in_(series_ids))
    for series_id, image_id, answer in session.execute(statement):
        shown[series_id or 0].add(image_id)
        answered |= {series_id or 0} if answer is not None else set()
    return answered, shown


def _drop(session: Session, rows: Sequence[Series], stacks: int) -> None:
    """Delete rows that have no images any more; one with cases stays behind the others, because a label is not lost."""
    for number, row in enumerate(rows):
        if session.scalar(select(func.count(Case.id)).where(Case.series_id == row.id)):
            row.stack, row.title, row.notes, row.window = stacks + number, "", [], None
        else:
            session.execute(delete(Series).where(Series.id == row.id))
    session.flush()


def _update_representative_images(session: Session, series_ids: Iterable[int]) -> None:
    """Update the cases whose image is not in their stack any more; frozen cases keep theirs."""
    for ids in queries.chunks(sorted(series_ids)):
        elsewhere = Case.series_id.in_(ids) & (Image.series_id != Case.series_id)
        joined = select(Task, Case).join(Task, Task.id == Case.task_id).join(Image, Image.id == Case.image_id)
        by_task: dict[int, tuple[Task, list[Case]]] = {}
        for task, case in session.execute(joined.where(Task.unit == Unit.SERIES, elsewhere)):
            by_task.setdefault(task.id, (task, []))[1].append(case)
        for task, of_task in by_task.values():
            cases.update_representative_image(session, task, of_task)
