"""Group the images of series into stacks in the catalogue: a row of `series` for each stack, a place for each image."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import SliceAttributes, SliceStack, build_stacks, stack_window
from core.imaging.stacks.attributes import PROJECTIONS
from core.services.annotation import cases
from core.services.images import image_notes
from core.services.images.stack_rows import ImageKey, ImageRow, RowCases, cases_of_rows, rows_taken_over
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
    row_ids = [row.id for siblings in several for row in siblings]
    images, cases_of = images_by_row(session, row_ids), cases_of_rows(session, row_ids)
    cut = []
    for siblings in several:
        of_series = [image for row in siblings for image in images.get(row.id, ())]
        cut.append(_cut(siblings, of_series, fresh, cases_of))
    _write_rows(session, cut)
    changed_rows = _place(session, cut)
    for series in cut:
        _drop(session, series)
    _update_representative_images(session, changed_rows)


@dataclass(frozen=True, slots=True)
class _CutSeries:
    """A series: its rows so far; of each stack the slices in order, and the row, new or taken over."""

    rows: Sequence[Series]
    stacks: Sequence[SliceStack]
    slices: Sequence[Sequence[ImageRow]]
    row_of_stack: Sequence[Series]


def _cut(
    rows: Sequence[Series], images: Sequence[ImageRow], fresh: Container[ImageKey], cases_of: RowCases
) -> _CutSeries:
    stacks = build_stacks([slice_attributes(image, rows[0].modality) for image in images])
    slices = [[images[at] for at in stack.order] for stack in stacks]
    taken = rows_taken_over(rows, slices, fresh, cases_of)
    row_of_stack = [
        taken.get(number) or Series(study_id=rows[0].study_id, uid_key=rows[0].uid_key) for number in range(len(stacks))
    ]
    return _CutSeries(rows, stacks, slices, row_of_stack)


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


def _write_rows(session: Session, cut: Sequence[_CutSeries]) -> None:
    for series in cut:
        for number, row in enumerate(series.rows):
            row.stack = -2 - number  # free the numbers, which are unique within a series
    session.flush()
    for series in cut:
        for number, row in enumerate(series.row_of_stack):
            row.modality = series.rows[0].modality
            _describe(row, number, series.stacks[number], series.slices[number])
        session.add_all(series.row_of_stack)
    session.flush()


def _describe(row: Series, number: int, stack: SliceStack, slices: Sequence[ImageRow]) -> None:
    formats = [PixelFormat.from_json(image.format) for image in slices]
    window = stack_window(formats) if row.modality not in PROJECTIONS else None
    row.stack, row.title, row.spacing_mm, row.notes = number, stack.title, stack.spacing_mm, list(stack.notes)
    row.window = window.to_json() if window is not None and len(slices) > 1 else None


def _place(session: Session, cut: Sequence[_CutSeries]) -> set[int]:
    """Write the places of the images and the notes of the stacks; return the rows that lost or won an image."""
    moved, changed, noted = list[dict[str, int]](), set[int](), dict[int, tuple[str, ...]]()
    image_ids = list[int]()
    for series in cut:
        for stack, row, slices in zip(series.stacks, series.row_of_stack, series.slices, strict=True):
            image_ids += [image.id for image in slices]
            noted[slices[0].id] = stack.notes
            for place, image in enumerate(slices):
                if (image.series_id, image.place) != (row.id, place):
                    moved.append({"id": image.id, "series_id": row.id, "place": place})
                    changed |= {row.id, *(one.series_id for one in slices)}
    image_notes.replace_stack_notes(session, image_ids, noted)
    if moved:
        session.execute(update(Image), moved)
    return changed


def _drop(session: Session, series: _CutSeries) -> None:
    """Delete rows that have no images any more; one with cases stays behind the others, because a label is not lost."""
    for number, row in enumerate(row for row in series.rows if row not in series.row_of_stack):
        if session.scalar(select(func.count(Case.id)).where(Case.series_id == row.id)):
            row.stack, row.title, row.notes, row.window = len(series.stacks) + number, "", [], None
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
