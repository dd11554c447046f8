"""Make the cases of a task from images, series or studies, and keep their representative image current."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging.stacks.attributes import PROJECTIONS
from db import queries
from db.tables import Case, Image, Series, SnapshotCase, Task
from db.vocabulary import Unit


def missing(session: Session, task: Task) -> int:
    """Count the images (or series, or studies) for which the task has no case."""
    return session.scalar(select(func.count()).select_from(_units_without_case(task).subquery())) or 0


def create_missing_cases(session: Session, task: Task) -> None:
    """Make a case of every image (or series, or study) for which the task has none."""
    if task.unit is Unit.IMAGE:
        fresh = select(literal(task.id), Image.id).where(Image.id.in_(_units_without_case(task)))
        session.execute(insert(Case).from_select(["task_id", "image_id"], fresh.order_by(Image.id)))
        return
    _make(session, task, list(session.scalars(_units_without_case(task))))
    session.flush()


def known(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, Case]:
    """Return the existing case of each image."""
    unit_of_image = _units(session, task, image_ids)
    case_of_unit = _existing(session, task, unit_of_image.values())
    return {image_id: case_of_unit[unit] for image_id, unit in unit_of_image.items() if unit in case_of_unit}


def cases(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, Case]:
    """Return the case of each image, made if missing; an image without series (or study) has none."""
    unit_of_image = _units(session, task, image_ids)
    case_of_unit = _existing(session, task, unit_of_image.values())
    new_units = sorted(set(unit_of_image.values()) - case_of_unit.keys())
    if task.unit is Unit.IMAGE:
        made = {image_id: Case(task_id=task.id, image_id=image_id) for image_id in new_units}
        session.add_all(made.values())
    else:
        made = _make(session, task, new_units)
    session.flush()
    case_of_unit |= made
    return {image_id: case_of_unit[unit] for image_id, unit in unit_of_image.items() if unit in case_of_unit}


def case_of(session: Session, task: Task, image_id: int) -> Case:
    """Return the case of one image, made if missing.

    Raises:
        InvalidInput: the task is about series (or studies), and the image has none.
    """
    case = cases(session, task, [image_id]).get(image_id)
    if case is None:
        word = task.unit.value
        plural = word if task.unit is Unit.SERIES else "studies"
        way = " with a CSV that has a column 'study'" if task.unit is Unit.STUDY else ""
        raise InvalidInput(
            f"Image {image_id} has no {word}, but task '{task.name}' is about {plural}; import the {word}{way}."
        )
    return case


def update_representative_image(session: Session, task: Task, changed_cases: Iterable[Case]) -> None:
    """Update the representative image of cases after further images arrived; frozen cases keep theirs."""
    if task.unit is Unit.IMAGE:
        return
    case_of_unit = {unit: case for case in changed_cases if (unit := _unit(task, case)) is not None}
    frozen = set[int]()
    for ids in queries.chunks(sorted(case.id for case in case_of_unit.values())):
        frozen |= set(session.scalars(select(SnapshotCase.case_id).where(SnapshotCase.case_id.in_(ids))))
    for unit, images in _images(session, task, case_of_unit).items():
        if case_of_unit[unit].id not in frozen:
            case_of_unit[unit].image_id = _representative_image(task, images)


def update_cases_of_image(session: Session, image: Image) -> None:
    """Update the representative images of the cases of an image's series and study, after its exclusion changed."""
    if image.series_id is None:
        return
    study = select(Series.study_id).where(Series.id == image.series_id).scalar_subquery()
    of_image = (Case.series_id == image.series_id) | (Case.study_id == study)
    for case, task in session.execute(select(Case, Task).join(Task, Task.id == Case.task_id).where(of_image)).all():
        update_representative_image(session, task, [case])


def images_of(session: Session, rows: Sequence[Case]) -> dict[int, tuple[int, ...]]:
    """Return the image ids that a reader scrolls through, by case; of a study the stack of its first image."""
    stacks = queries.images_by_series(session, [row.series_id for row in rows if row.series_id])
    whole = {row.id: tuple(stacks[row.series_id]) for row in rows if row.series_id and stacks.get(row.series_id)}
    return {row.id: (row.image_id,) for row in rows} | whole | _slices(session, [row for row in rows if row.study_id])


def _slices(session: Session, rows: Sequence[Case]) -> dict[int, tuple[int, ...]]:
    series_of_image: dict[int, int] = {}  # series id by image id
    for ids in queries.chunks([row.image_id for row in rows]):
        joined = select(Image.id, Series.id).join(Series, Series.id == Image.series_id)
        statement = joined.where(Image.id.in_(ids), Series.modality.notin_(PROJECTIONS))
        series_of_image.update(session.execute(statement).all())
    stacks = queries.images_by_series(session, set(series_of_image.values()))
    return {row.id: tuple(stacks[series_of_image[row.image_id]]) for row in rows if row.image_id in series_of_image}


def _units_without_case(task: Task) -> Select[Any]:
    """Select the ids of the units for which the task has no case."""
    shown = (Image.project_id == task.project_id, Image.excluded_because.is_(None))
    inside = select(Case).where(Case.task_id == task.id)
    if task.unit is Unit.IMAGE:
        return select(Image.id).where(*shown, Image.id.notin_(inside.with_only_columns(Case.image_id)))
    if task.unit is Unit.SERIES:
        existing = inside.with_only_columns(Case.series_id).where(Case.series_id.isnot(None))
        series = select(Image.series_id).where(*shown, Image.series_id.isnot(None), Image.series_id.notin_(existing))
        return series.distinct()
    existing = inside.with_only_columns(Case.study_id).where(Case.study_id.isnot(None))
    return (
        select(Series.study_id)
        .join(Image, Image.series_id == Series.id)
        .where(*shown, Series.study_id.notin_(existing))
        .distinct()
    )


def _units(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, int]:
    """Return the unit (image, series or study) of each image."""
    if task.unit is Unit.IMAGE:
        return {image_id: image_id for image_id in image_ids}
    column = Series.id if task.unit is Unit.SERIES else Series.study_id
    unit_of_image: dict[int, int] = {}
    for ids in queries.chunks(sorted(set(image_ids))):
        joined = select(Image.id, column).join(Series, Series.id == Image.series_id).where(Image.id.in_(ids))
        unit_of_image.update(session.execute(joined).all())
    return unit_of_image


def _existing(session: Session, task: Task, units: Iterable[int]) -> dict[int, Case]:
    column = {Unit.IMAGE: Case.image_id, Unit.SERIES: Case.series_id, Unit.STUDY: Case.study_id}[task.unit]
    case_of_unit: dict[int, Case] = {}
    for ids in queries.chunks(sorted(set(units))):
        for case in session.scalars(select(Case).where(Case.task_id == task.id, column.in_(ids))):
            case_of_unit[_unit(task, case) or 0] = case
    return case_of_unit


def _unit(task: Task, case: Case) -> int | None:
    return {Unit.IMAGE: case.image_id, Unit.SERIES: case.series_id, Unit.STUDY: case.study_id}[task.unit]


def _images(session: Session, task: Task, units: Iterable[int]) -> Mapping[int, list[int]]:
    return (
        queries.images_by_series(session, units)
        if task.unit is Unit.SERIES
        else queries.images_by_study(session, units)
    )


def _representative_image(task: Task, images: Sequence[int]) -> int:
    """Return a case's representative image: the middle slice of a series, the first image of a study."""
    return images[len(images) // 2] if task.unit is Unit.SERIES else images[0]


def _make(session: Session, task: Task, units: Sequence[int]) -> dict[int, Case]:
    name = "series_id" if task.unit is Unit.SERIES else "study_id"
    made = {
        unit: Case(task_id=task.id, image_id=_representative_image(task, images), **{name: unit})
        for unit, images in sorted(_images(session, task, units).items())
    }
    session.add_all(made.values())
    return made
