"""Read images: one, a series in order, pages of a filtered list, and counts for the filters."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import StackWindow
from core.services.annotation import cases
from core.services.images.fact_ranges import Between, is_between
from db import Database, queries
from db.tables import (
    Annotation,
    Case,
    Fact,
    Finding,
    Image,
    ImageNote,
    ImportedImage,
    LabelClass,
    Patient,
    Series,
    Study,
)
from db.vocabulary import Answer, Presence


@dataclass(frozen=True, slots=True)
class StackView:
    """The stack of an image: `title` says what sets it apart in its series, `place` is the image's rank from 0.

    `window` is the one window of all slices, None where the image's own counts. `notes` are kinds of
    `core.imaging.notes.NOTES`.
    """

    id: int
    place: int
    title: str = ""
    spacing_mm: float | None = None
    notes: tuple[str, ...] = ()
    window: StackWindow | None = None

    def format_of(self, format: PixelFormat) -> PixelFormat:
        """Return the format of a slice as its stack shows it: with the stack's window and slice distance."""
        windowed = self.window.applied_to(format) if self.window else format
        return windowed if format.frames > 1 else replace(windowed, slice_mm=self.spacing_mm or format.slice_mm)


@dataclass(frozen=True, slots=True)
class ImageView:
    """One image as pages and routes see it; `patient` is a pseudonym, `format` has the window of the stack."""

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
    stack: StackView | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of a list of images; empty means all images.

    `facts` are (column, value) pairs, `ranges` those of numbers and dates, `note` is a kind of
    `core.imaging.notes.NOTES`, `import_id` an import.
    """

    facts: tuple[tuple[str, str], ...] = ()
    task_id: int | None = None
    answer: str = ""  # "" | "unlabelled" | a class name of the task
    excluded: bool = False
    note: str = ""
    ranges: tuple[Between, ...] = ()
    import_id: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """The catalogue's totals."""

    images: int
    patients: int
    unknown_patients: int
    studies: int
    series: int


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A stack of several images; `title` says what sets it apart in its series."""

    id: int
    patient: str
    modality: str
    images: int
    middle_image_id: int
    title: str = ""
    spacing_mm: float | None = None
    notes: tuple[str, ...] = ()


def get(db: Database, image_id: int) -> ImageView:
    """Return one image.

    Raises:
        NotFound: no image has that id.
    """
    return many(db, [image_id])[0]


def many(db: Database, image_ids: list[int]) -> list[ImageView]:
    """Return images in the order of `image_ids`.

    Raises:
        NotFound: one of them is not in the catalogue.
    """
    with db.read() as session:
        views = _views(session, image_ids)
    missing = [str(image_id) for image_id in image_ids if image_id not in views]
    if missing:
        raise NotFound(f"There is no image {missing[0]}; choose one on the Images page.")
    return [views[image_id] for image_id in image_ids]


def find(db: Database, text: str) -> ImageView:
    """Find an image by its catalogue id, or by its file's sha256 (at least the first eight characters).

    Raises:
        NotFound: no image, or more than one, matches.
    """
    with db.read() as session:
        condition = (
            Image.id == int(text) if text.isdigit() and len(text) < 12 else Image.sha256.startswith(text.lower())
        )
        ids = (
            list(session.scalars(select(Image.id).where(condition).limit(2)))
            if len(text) >= 8 or text.isdigit()
            else []
        )
    if len(ids) != 1:
        count = "No image" if not ids else "More than one image"
        raise NotFound(f"{count} matches '{text}'; give the catalogue's id or the sha256 of the file.")
    return get(db, ids[0])


def of_file(db: Database, sha256: str) -> ImageView:
    """Return the first image of a file.

    Raises:
        NotFound: the catalogue has no image of the file.
    """
    with db.read() as session:
        image_id = session.scalar(select(Image.id).where(Image.sha256 == sha256).order_by(Image.id).limit(1))
    return get(db, image_id or 0)


def series(db: Database, series_id: int) -> list[ImageView]:
    """Return the images of a series in the order of their positions.

    Raises:
        NotFound: no series has that id.
    """
    with db.read() as session:
        ids = queries.images_by_series(session, [series_id])[series_id]
    if not ids:
        raise NotFound(f"There is no series {series_id}; choose one on the Images page.")
    return many(db, ids)


def page(db: Database, filters: Filter, *, after: int = 0, limit: int = 60) -> list[ImageView]:
    """Return the next images by id (keyset pagination, so that late pages cost the same as the first)."""
    with db.read() as session:
        narrowed = _narrow(select(Image.id), filters).where(Image.id > after).order_by(Image.id).limit(limit)
        ids = list(session.scalars(narrowed))
        views = _views(session, ids)
    return [views[image_id] for image_id in ids]


def count(db: Database, filters: Filter) -> int:
    """Count the images that match the filter."""
    with db.read() as session:
        return session.scalar(_narrow(select(func.count(Image.id)), filters)) or 0


def fact_values(db: Database, *, most: int = 12) -> dict[str, list[tuple[str, int]]]:
    """Return the values of each metadata column with at most `most` values, with image counts, most frequent first."""
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
        values_by_name: dict[str, list[tuple[str, int]]] = {}
        for name, value, images in session.execute(counted):
            values_by_name.setdefault(name, []).append((value, images))
    return values_by_name


def totals(db: Database) -> Totals:
    """Count images, patients (and those unknown), studies and series."""
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
    """Return the series with more than one image, by id."""
    with db.read() as session:
        grouped = (
            select(Series, Patient.pseudonym, func.count(Image.id))
            .join(Study, Study.id == Series.study_id)
            .join(Patient, Patient.id == Study.patient_id)
            .join(Image, Image.series_id == Series.id)
            .where(Series.id > after, Image.excluded_because.is_(None))
            .group_by(Series.id, Patient.pseudonym)
            .having(func.count(Image.id) > 1)
            .order_by(Series.id)
            .limit(limit)
        )
        rows = session.execute(grouped).all()
        ordered = queries.images_by_series(session, [row.id for row, _, _ in rows])
    return [_series_view(row, patient, images, ordered[row.id]) for row, patient, images in rows]


def _series_view(row: Series, patient: str, images: int, ordered: list[int]) -> SeriesView:
    middle = ordered[len(ordered) // 2]
    return SeriesView(row.id, patient, row.modality, images, middle, row.title, row.spacing_mm, tuple(row.notes))


def exclude(db: Database, image_id: int, *, because: str | None) -> None:
    """Exclude an image from queues and later snapshots with a reason, or include it again with None.

    Raises:
        NotFound: no image has that id.
    """
    with db.transaction() as session:
        image = session.get(Image, image_id)
        if image is None:
            raise NotFound(f"There is no image {image_id}; choose one on the Images page.")
        image.excluded_because = because
        session.flush()
        cases.update_cases_of_image(session, image)


def _narrow(statement: Select[Any], filters: Filter) -> Select[Any]:
    excluded = Image.excluded_because.isnot(None) if filters.excluded else Image.excluded_because.is_(None)
    statement = statement.where(excluded)
    for name, value in filters.facts:
        has = select(Fact.image_id).where(Fact.name == name, Fact.value == value)
        statement = statement.where(Image.id.in_(has))
    statement = statement.where(*map(is_between, filters.ranges))
    if filters.note:
        statement = statement.where(Image.id.in_(select(ImageNote.image_id).where(ImageNote.kind == filters.note)))
    if filters.import_id:
        brought = select(ImportedImage.image_id).where(ImportedImage.import_id == filters.import_id)
        statement = statement.where(Image.id.in_(brought))
    if filters.task_id is not None:
        cases = select(Case.image_id).where(Case.task_id == filters.task_id)
        if filters.answer == "unlabelled":
            cases = cases.where(
                Case.label_id.is_(None), Case.value.is_(None), Case.answer.is_distinct_from(Answer.FINDINGS)
            )
        elif filters.answer:
            named = select(LabelClass.id).where(
                LabelClass.task_id == filters.task_id, LabelClass.name == filters.answer
            )
            cases = cases.where(Case.label_id.in_(named) | _has_finding(named))
        statement = statement.where(Image.id.in_(cases))
    return statement


def _has_finding(named: Select[Any]) -> ColumnElement[bool]:
    """Select the cases whose newest annotation has one of the `named` findings present."""
    newest = select(func.max(Annotation.id)).where(Annotation.case_id == Case.id).correlate(Case)
    present = Finding.label_id.in_(named) & (Finding.presence == Presence.PRESENT)
    findings = select(Finding.label_id).where(Finding.annotation_id == newest.scalar_subquery(), present)
    return findings.correlate(Case).exists()


def _views(session: Session, image_ids: list[int]) -> dict[int, ImageView]:
    facts = queries.facts_of(session, image_ids)
    views: dict[int, ImageView] = {}
    for ids in queries.chunks(image_ids):
        rows = select(Image, Patient, Series).join(Patient, Patient.id == Image.patient_id)
        with_series = rows.outerjoin(Series, Series.id == Image.series_id).where(Image.id.in_(ids))
        for image, patient, series_row in session.execute(with_series):
            format, stack = PixelFormat.from_json(image.format), _stack(image, series_row)
            views[image.id] = ImageView(
                id=image.id,
                sha256=image.sha256,
                item=image.item,
                offset=image.offset,
                name=image.name,
                patient=patient.pseudonym,
                patient_known=patient.known,
                format=stack.format_of(format) if stack else format,
                facts=facts.get(image.id, {}),
                series_id=image.series_id,
                excluded_because=image.excluded_because,
                stack=stack,
            )
    return views


def _stack(image: Image, row: Series | None) -> StackView | None:
    if row is None:
        return None
    window = StackWindow.from_json(row.window) if row.window else None
    return StackView(row.id, image.place, row.title, row.spacing_mm, tuple(row.notes), window)
