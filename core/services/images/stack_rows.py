"""Choose the row of `series` that each stack of a series takes over, so that labels stay with what was labelled."""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from db import queries
from db.tables import Case, Series

ImageKey = tuple[str, str]  # sha256 and item
ImageRow = Row[Any]


@dataclass(frozen=True, slots=True)
class RowCases:
    """The cases of rows of `series`: rows with an answered case, and the images that represent each row's cases."""

    answered: set[int]
    shown: Mapping[int, set[int]]


def cases_of_rows(session: Session, series_ids: Sequence[int]) -> RowCases:
    """Return the cases of rows of `series`."""
    answered, shown = set[int](), defaultdict[int, set[int]](set)
    for ids in queries.chunks(list(series_ids)):
        statement = select(Case.series_id, Case.image_id, Case.answer).where(Case.series_id.in_(ids))
        for series_id, image_id, answer in session.execute(statement):
            shown[series_id or 0].add(image_id)
            answered |= {series_id or 0} if answer is not None else set()
    return RowCases(answered, shown)


def rows_taken_over(
    rows: Sequence[Series], stacks: Sequence[Sequence[ImageRow]], fresh: Container[ImageKey], cases: RowCases
) -> dict[int, Series]:
    """Return the row that each stack takes over: that of most of its images, rows with cases first."""
    overlaps = []
    for number, images in enumerate(stacks):
        ids = {image.id for image in images}
        shared = Counter(image.series_id for image in images)
        known = Counter(image.series_id for image in images if (image.sha256, image.item) not in fresh)
        for row in rows:
            if shared[row.id]:
                has_middle = bool(cases.shown.get(row.id, set()) & ids)
                overlaps.append(
                    (row.id not in cases.answered, -known[row.id], -shared[row.id], not has_middle, number, row.id)
                )
    row_of_id, row_of_stack = {row.id: row for row in rows}, dict[int, Series]()
    for *_, number, row_id in sorted(overlaps):
        if number not in row_of_stack and row_id in row_of_id:
            row_of_stack[number] = row_of_id.pop(row_id)
    return row_of_stack
