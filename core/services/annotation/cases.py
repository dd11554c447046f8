"""What a case of a task is made of: an image, the slices of a series, or the pictures of a study."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from db import queries
from db.tables import Case, Image, Series, SnapshotCase, Task
from db.vocabulary import Unit

# Each picture of such a series stands for itself; of any other the pictures are slices of one stack.
PROJECTIONS = ("CR", "DX", "IO", "MG", "PX", "RF", "RG", "XA")


def missing(session: Session, task: Task) -> int:
    """How many images (or series, or studies) the task has no case of."""
    return session.scalar(select(func.count()).select_from(_fresh(task).subquery())) or 0


def create_missing_cases(session: Session, task: Task) -> None:
    """A case of every image (or series, or study) that the task has none of."""
    if task.unit is Unit.IMAGE:
        fresh = select(literal(task.id), Image.id).where(Image.id.in_(_fresh(task)))
        session.execute(insert(Case).from_select(["task_id", "image_id"], fresh.order_by(Image.id)))
        return
    _make(session, task, list(session.scalars(_fresh(task))))
    session.flush()


def known(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, Case]:
    """The case that each image belongs to, of those that have one."""
    of = _units(session, task, image_ids)
    found = _existing(session, task, of.values())
    return {image_id: found[unit] for image_id, unit in of.items() if unit in found}


def cases(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, Case]:
    """The case that each image belongs to, made where there is none; an image of no series (or study) has none."""
    of = _units(session, task, image_ids)
    found = _existing(session, task, of.values())
    fresh = sorted(set(of.values()) - found.keys())
    if task.unit is Unit.IMAGE:
        made = {one: Case(task_id=task.id, image_id=one) for one in fresh}
        session.add_all(made.values())
    else:
        made = _make(session, task, fresh)
    session.flush()
    found |= made
    return {image_id: found[unit] for image_id, unit in of.items() if unit in found}


def case_of(session: Session, task: Task, image_id: int) -> Case:
    """The case that one image belongs to, made where there is none.

    Raises:
        InvalidInput: the task asks about series (or studies), and the image is in none.
    """
    found = cases(session, task, [image_id]).get(image_id)
    if found is None:
        word = task.unit.value
        plural = word if task.unit is Unit.SERIES else "studies"
        way = " with a CSV whose column 'study' names it" if task.unit is Unit.STUDY else ""
        raise InvalidInput(
            f"Image {image_id} is in no {word}, and task '{task.name}' asks about {plural}; import it{way}."
        )
    return found


def update_representative_image(session: Session, task: Task, some: Iterable[Case]) -> None:
    """Let cases name their image anew, after more images of their series (or study) came; what is frozen stays."""
    if task.unit is Unit.IMAGE:
        return
    here = {unit: case for case in some if (unit := _unit(task, case)) is not None}
    frozen = set[int]()
    for ids in queries.chunks(sorted(case.id for case in here.values())):
        frozen |= set(session.scalars(select(SnapshotCase.case_id).where(SnapshotCase.case_id.in_(ids))))
    for unit, images in _images(session, task, here).items():
        if here[unit].id not in frozen:
            here[unit].image_id = _shown(task, images)


def update_cases_of_image(session: Session, image: Image) -> None:
    """The same for every case of the image's series and study, where the image was taken out of use or back in."""
    if image.series_id is None:
        return
    study = select(Series.study_id).where(Series.id == image.series_id).scalar_subquery()
    mine = (Case.series_id == image.series_id) | (Case.study_id == study)
    for case, task in session.execute(select(Case, Task).join(Task, Task.id == Case.task_id).where(mine)).all():
        update_representative_image(session, task, [case])


def images_of(session: Session, rows: Sequence[Case]) -> dict[int, tuple[int, ...]]:
    """What a reader scrolls through, by case; of a study the slices of its first picture, as the others lie beside."""
    stacks = queries.images_by_series(session, [row.series_id for row in rows if row.series_id])
    whole = {row.id: tuple(stacks[row.series_id]) for row in rows if row.series_id and stacks.get(row.series_id)}
    return {row.id: (row.image_id,) for row in rows} | whole | _slices(session, [row for row in rows if row.study_id])


def _slices(session: Session, rows: Sequence[Case]) -> dict[int, tuple[int, ...]]:
    found: dict[int, int] = {}  # the series of an image
    for ids in queries.chunks([row.image_id for row in rows]):
        joined = select(Image.id, Series.id).join(Series, Series.id == Image.series_id)
        apart = joined.where(Image.id.in_(ids), Series.modality.notin_(PROJECTIONS))
        found.update(session.execute(apart).all())
    stacks = queries.images_by_series(session, set(found.values()))
    return {row.id: tuple(stacks[found[row.image_id]]) for row in rows if row.image_id in found}


def _fresh(task: Task) -> Select[Any]:
    """The ids of the units that the task has no case of."""
    shown = (Image.project_id == task.project_id, Image.excluded_because.is_(None))
    inside = select(Case).where(Case.task_id == task.id)
    if task.unit is Unit.IMAGE:
        return select(Image.id).where(*shown, Image.id.notin_(inside.with_only_columns(Case.image_id)))
    if task.unit is Unit.SERIES:
        there = inside.with_only_columns(Case.series_id).where(Case.series_id.isnot(None))
        every = select(Image.series_id).where(*shown, Image.series_id.isnot(None), Image.series_id.notin_(there))
        return every.distinct()
    there = inside.with_only_columns(Case.study_id).where(Case.study_id.isnot(None))
    return (
        select(Series.study_id)
        .join(Image, Image.series_id == Series.id)
        .where(*shown, Series.study_id.notin_(there))
        .distinct()
    )


def _units(session: Session, task: Task, image_ids: Iterable[int]) -> dict[int, int]:
    """The unit that each image belongs to."""
    if task.unit is Unit.IMAGE:
        return {image_id: image_id for image_id in image_ids}
    column = Series.id if task.unit is Unit.SERIES else Series.study_id
    found: dict[int, int] = {}
    for ids in queries.chunks(sorted(set(image_ids))):
        joined = select(Image.id, column).join(Series, Series.id == Image.series_id).where(Image.id.in_(ids))
        found.update(session.execute(joined).all())
    return found


def _existing(session: Session, task: Task, units: Iterable[int]) -> dict[int, Case]:
    column = {Unit.IMAGE: Case.image_id, Unit.SERIES: Case.series_id, Unit.STUDY: Case.study_id}[task.unit]
    found: dict[int, Case] = {}
    for ids in queries.chunks(sorted(set(units))):
        for case in session.scalars(select(Case).where(Case.task_id == task.id, column.in_(ids))):
            found[_unit(task, case) or 0] = case
    return found


def _unit(task: Task, case: Case) -> int | None:
    return {Unit.IMAGE: case.image_id, Unit.SERIES: case.series_id, Unit.STUDY: case.study_id}[task.unit]


def _images(session: Session, task: Task, units: Iterable[int]) -> Mapping[int, list[int]]:
    return (
        queries.images_by_series(session, units)
        if task.unit is Unit.SERIES
        else queries.images_by_study(session, units)
    )


def _shown(task: Task, images: Sequence[int]) -> int:
    """A case always names an image: of a series the middle slice, of a study the first picture."""
    return images[len(images) // 2] if task.unit is Unit.SERIES else images[0]


def _make(session: Session, task: Task, units: Sequence[int]) -> dict[int, Case]:
    name = "series_id" if task.unit is Unit.SERIES else "study_id"
    made = {
        unit: Case(task_id=task.id, image_id=_shown(task, images), **{name: unit})
        for unit, images in sorted(_images(session, task, units).items())
    }
    session.add_all(made.values())
    return made
