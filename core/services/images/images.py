"""Look at images: one, a series in order, a page of a filtered list, and what the filters would leave."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.imaging.pixel_format import PixelFormat
from core.services.annotation import cases
from db import Database, queries
from db.tables import Annotation, Case, Fact, Finding, Image, LabelClass, Patient, Series, Study
from db.vocabulary import Answer, Presence


@dataclass(frozen=True, slots=True)
class ImageView:
    """One image as pages and routes see it; `patient` is a pseudonym."""

    id: int
    sha256: str
    item: str
    offset: int
    name: str
    patient: str
    patient_known: bool
    format: PixelFormat
    facts: dict[str, str]
    series_id: int | None
    excluded_because: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of images is narrowed to; empty means everything. `facts` are equalities."""

    facts: tuple[tuple[str, str], ...] = ()
    task_id: int | None = None
    answer: str = ""  # "" | "unlabelled" | a class name of the task
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is."""

    images: int
    patients: int
    unknown_patients: int
    studies: int
    series: int


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A stack: how many slices, whose, of what."""

    id: int
    patient: str
    modality: str
    images: int
    middle_image_id: int


def get(db: Database, image_id: int) -> ImageView:
    """One image.

    Raises:
        NotFound: no image has that id.
    """
    return many(db, [image_id])[0]


def many(db: Database, image_ids: list[int]) -> list[ImageView]:
    """Images in the order of `image_ids`.

    Raises:
        NotFound: one of them is not in the catalogue.
    """
    with db.read() as session:
        views = _views(session, image_ids)
    missing = [str(image_id) for image_id in image_ids if image_id not in views]
    if missing:
        raise NotFound(f"Image {missing[0]} is not in this catalogue; choose one from the Images page.")
    return [views[image_id] for image_id in image_ids]


def find(db: Database, text: str) -> ImageView:
    """The image of a catalogue id, or of a sha256 (whole, or its first eight characters and more).

    Raises:
        NotFound: nothing, or more than one image, answers to it.
    """
    with db.read() as session:
        wanted = Image.id == int(text) if text.isdigit() and len(text) < 12 else Image.sha256.startswith(text.lower())
        ids = list(session.scalars(select(Image.id).where(wanted).limit(2))) if len(text) >= 8 or text.isdigit() else []
    if len(ids) != 1:
        count = "No image" if not ids else "More than one image"
        raise NotFound(f"{count} answers to '{text}'; give the catalogue's id or the sha256 of the file.")
    return get(db, ids[0])


def of_file(db: Database, sha256: str) -> ImageView:
    """The first image of a file.

    Raises:
        NotFound: the catalogue holds no image of it.
    """
    with db.read() as session:
        image_id = session.scalar(select(Image.id).where(Image.sha256 == sha256).order_by(Image.id).limit(1))
    return get(db, image_id or 0)


def series(db: Database, series_id: int) -> list[ImageView]:
    """The images of a series in the order of their positions.

    Raises:
        NotFound: no series has that id.
    """
    with db.read() as session:
        ids = queries.images_by_series(session, [series_id])[series_id]
    if not ids:
        raise NotFound(f"Series {series_id} is not in this catalogue; choose one from the Images page.")
    return many(db, ids)


def page(db: Database, wanted: Filter, *, after: int = 0, limit: int = 60) -> list[ImageView]:
    """The next images by id: a keyset page, so that the millionth costs what the first does."""
    with db.read() as session:
        narrowed = _narrow(select(Image.id), wanted).where(Image.id > after).order_by(Image.id).limit(limit)
        ids = list(session.scalars(narrowed))
        views = _views(session, ids)
    return [views[image_id] for image_id in ids]


def count(db: Database, wanted: Filter) -> int:
    """How many images the filter leaves."""
    with db.read() as session:
        return session.scalar(_narrow(select(func.count(Image.id)), wanted)) or 0


def fact_values(db: Database, *, most: int = 12) -> dict[str, list[tuple[str, int]]]:
    """For each fact with at most `most` different values: its values with their number of images, commonest first."""
    with db.read() as session:
        names = session.scalars(
            select(Fact.name).group_by(Fact.name).having(func.count(distinct(Fact.value)) <= most).order_by(Fact.name)
        ).all()
        counted = (
            select(Fact.name, Fact.value, func.count().label("images"))
            .where(Fact.name.in_(names))
            .group_by(Fact.name, Fact.value)
            .order_by(Fact.name, func.count().desc(), Fact.value)
        )
        found: dict[str, list[tuple[str, int]]] = {}
        for name, value, images in session.execute(counted):
            found.setdefault(name, []).append((value, images))
    return found


def totals(db: Database) -> Totals:
    """Images, patients (and those unknown), studies, series."""
    with db.read() as session:
        unknown = select(func.count(Patient.id)).where(Patient.known.is_(False))
        return Totals(
            images=session.scalar(select(func.count(Image.id))) or 0,
            patients=session.scalar(select(func.count(Patient.id))) or 0,
            unknown_patients=session.scalar(unknown) or 0,
            studies=session.scalar(select(func.count(Study.id))) or 0,
            series=session.scalar(select(func.count(Series.id))) or 0,
        )


def stacks(db: Database, *, after: int = 0, limit: int = 60) -> list[SeriesView]:
    """Series with more than one image, by id."""
    with db.read() as session:
        grouped = (
            select(Series.id, Series.modality, Patient.pseudonym, func.count(Image.id))
            .join(Study, Study.id == Series.study_id)
            .join(Patient, Patient.id == Study.patient_id)
            .join(Image, Image.series_id == Series.id)
            .where(Series.id > after, Image.excluded_because.is_(None))
            .group_by(Series.id, Series.modality, Patient.pseudonym)
            .having(func.count(Image.id) > 1)
            .order_by(Series.id)
            .limit(limit)
        )
        rows = session.execute(grouped).all()
        ordered = queries.images_by_series(session, [row[0] for row in rows])
    return [
        SeriesView(id_, patient, modality, images, ordered[id_][len(ordered[id_]) // 2])
        for id_, modality, patient, images in rows
    ]


def exclude(db: Database, image_id: int, *, because: str | None) -> None:
    """Take an image out of every queue and later snapshot (with a reason), or, with None, back in."""
    with db.transaction() as session:
        image = session.get(Image, image_id)
        if image is None:
            raise NotFound(f"Image {image_id} is not in this catalogue; choose one from the Images page.")
        image.excluded_because = because
        session.flush()
        cases.update_cases_of_image(session, image)


def _narrow(statement: Select[Any], wanted: Filter) -> Select[Any]:
    excluded = Image.excluded_because.isnot(None) if wanted.excluded else Image.excluded_because.is_(None)
    statement = statement.where(excluded)
    for name, value in wanted.facts:
        has = select(Fact.image_id).where(Fact.name == name, Fact.value == value)
        statement = statement.where(Image.id.in_(has))
    if wanted.task_id is not None:
        cases = select(Case.image_id).where(Case.task_id == wanted.task_id)
        if wanted.answer == "unlabelled":
            cases = cases.where(
                Case.label_id.is_(None), Case.value.is_(None), Case.answer.is_distinct_from(Answer.FINDINGS)
            )
        elif wanted.answer:
            named = select(LabelClass.id).where(LabelClass.task_id == wanted.task_id, LabelClass.name == wanted.answer)
            cases = cases.where(Case.label_id.in_(named) | _found(named))
        statement = statement.where(Image.id.in_(cases))
    return statement


def _found(named: Select[Any]) -> ColumnElement[bool]:
    """Of a task of several findings: what stands says that one of `named` is present."""
    newest = select(func.max(Annotation.id)).where(Annotation.case_id == Case.id).correlate(Case)
    present = Finding.label_id.in_(named) & (Finding.presence == Presence.PRESENT)
    said = select(Finding.label_id).where(Finding.annotation_id == newest.scalar_subquery(), present)
    return said.correlate(Case).exists()


def _views(session: Session, image_ids: list[int]) -> dict[int, ImageView]:
    facts = queries.facts_of(session, image_ids)
    views: dict[int, ImageView] = {}
    for ids in queries.chunks(image_ids):
        rows = select(Image, Patient).join(Patient, Patient.id == Image.patient_id).where(Image.id.in_(ids))
        for image, patient in session.execute(rows):
            views[image.id] = ImageView(
                id=image.id,
                sha256=image.sha256,
                item=image.item,
                offset=image.offset,
                name=image.name,
                patient=patient.pseudonym,
                patient_known=patient.known,
                format=PixelFormat.from_json(image.format),
                facts=facts.get(image.id, {}),
                series_id=image.series_id,
                excluded_because=image.excluded_because,
            )
    return views
