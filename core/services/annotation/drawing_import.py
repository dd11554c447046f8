"""Drawings from a file: all of them, or none and a sentence; the same file again adds nothing."""

import math
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.imaging import deidentify
from core.imaging.drawings import dicom_common, geometry_schema
from core.imaging.drawings.formats import reader_of
from core.imaging.drawings.records import DrawingRecord, Source
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.services.annotation import cases as annotation_cases
from core.services.annotation import drawings
from core.services.annotation.drawing_export import task_row
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Drawing, Image, Series, Task
from db.vocabulary import LabelSource, Shape

LARGEST = 2 << 30  # bytes of a file
LATEST = 1e11  # seconds: some three thousand years
NEAR = 0.01  # millimetres by which a place may differ that was written with fewer digits


@dataclass(frozen=True, slots=True)
class DrawingImportReport:
    """How many became versions of their own, how many were there, and how many gave way to what was drawn since."""

    drawn: int
    known: int
    kept: int


def import_drawings(db: Database, settings: Settings, *, task: str, path: Path, by: str) -> DrawingImportReport:
    """Append every drawing of a COCO, CSV, SEG or SR file in one transaction.

    Raises:
        InvalidInput: no such task; or a drawing that cannot be, named with its place in the file. Nothing was taken.
    """
    path = path.expanduser()
    if path.stat().st_size > LARGEST:
        raise InvalidInput(f"{path.name} is larger than {LARGEST >> 30} GiB; export the drawings in parts.")
    data = path.read_bytes()
    with _said_of(path.name):
        found = [_named(one) for one in reader_of(data)(data)]
    counts = dict.fromkeys(("drawn", "known", "kept"), 0)
    with db.transaction() as session:
        row = task_row(session, task)
        intake = _Intake(session, settings, row, by)
        with _said_of(path.name):
            intake.look_up(found)
            for one in found:
                counts[intake.take(one)] += 1
    return DrawingImportReport(**counts)


@contextmanager
def _said_of(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error


@dataclass
class _Intake:
    """One file's drawings on their way in; what is asked of the catalogue is asked once."""

    session: Session
    settings: Settings
    task: Task
    by: str
    images: dict[tuple[str, str], Image] = field(default_factory=dict)
    named: dict[str, list[Image]] = field(default_factory=lambda: defaultdict(list))
    instances: dict[str, list[tuple[Image, dicom_common.Instance]]] = field(default_factory=lambda: defaultdict(list))
    cases: dict[int, Case] = field(default_factory=dict)
    readers: dict[str, int] = field(default_factory=dict)
    versions: dict[tuple[int, str], list[Drawing]] = field(default_factory=lambda: defaultdict(list))

    def look_up(self, found: list[DrawingRecord]) -> None:
        """Images by content, name or UID; cases and versions that are there."""
        sources = [source for one in found for source in (one.source, one.case) if source is not None]
        for hashes in queries.chunks(sorted({one.sha256 for one in sources if one.sha256})):
            for image in self.session.scalars(select(Image).where(Image.sha256.in_(hashes))):
                self.images[image.sha256, image.item] = image
        secret = self.settings.key("pseudonym")
        keys = {deidentify.keyed_hash(secret, _last(one.name)) for one in sources if one.name and not one.sha256}
        for some in queries.chunks(sorted(keys)):
            for image in self.session.scalars(select(Image).where(Image.name_key.in_(some)).order_by(Image.id)):
                self.named[image.name_key].append(image)
        for uid in sorted({one.series_uid for one in sources if one.series_uid}):
            self._look_into(deidentify.keyed_hash(secret, uid))
        self._look_up_cases()
        for some in queries.chunks(sorted({one.key for one in found if one.key})):
            rows = select(Drawing).join(Case, Case.id == Drawing.case_id)
            wanted = rows.where(Case.task_id == self.task.id, Drawing.key.in_(some)).order_by(Drawing.id)
            for row in self.session.scalars(wanted):
                self.versions[row.case_id, row.key].append(row)

    def _look_up_cases(self) -> None:
        images = [
            *self.images.values(),
            *(one for some in self.named.values() for one in some),
            *(image for some in self.instances.values() for image, _ in some),
        ]
        self.cases.update(annotation_cases.known(self.session, self.task, {image.id for image in images}))

    def take(self, one: DrawingRecord) -> str:
        """Append it, or say why not."""
        try:
            return self._taken(one)
        except InvalidInput as error:
            if one.where and not str(error).startswith(one.where):
                raise InvalidInput(f"{one.where}: {error}") from error
            raise

    def _taken(self, one: DrawingRecord) -> str:
        image = self._image(one.source)
        is_here = one.case is not None and (one.case.sha256, one.case.item) in self.images
        case = self._case(self._image(one.case) if one.case and (is_here or not one.source.instance_uid) else image)
        format = PixelFormat.from_json(image.format)
        if not drawings.shown_beside(self.session, case, image):
            raise InvalidInput("its image is of another patient than its case.")
        if not 0 <= one.frame < format.frames:
            raise InvalidInput(f"its image has {format.frames} frames; there is no frame {one.frame}.")
        geometry = geometry_schema.normalise(one.shape, one.geometry, format.rows, format.columns)
        said = (image.id, one.frame, one.shape, geometry, self._label_id(one.label))
        at, reader = self._time(one.at), self._reader_id(one.reader or self.by)
        versions = self.versions[case.id, one.key]
        signed = (reader, at) if one.at is not None else ()
        if any(_content(row) == said and (not signed or signed == (row.reader_id, row.created_at)) for row in versions):
            return "known"
        if versions and (versions[-1].created_at >= at or not one.at):
            return "kept"
        if not 1 <= len(one.key) <= drawings.LONGEST_KEY:
            raise InvalidInput(f"its key has {len(one.key)} signs; 1 to {drawings.LONGEST_KEY} are taken.")
        row = Drawing(
            case_id=case.id,
            image_id=image.id,
            frame=one.frame,
            label_id=said[4],
            reader_id=reader,
            key=one.key,
            shape=Shape(one.shape),
            geometry=geometry,
            erased=False,
            source=LabelSource.IMPORT,
            created_at=at,
            client_key=f"import:{uuid.uuid4().hex}",
        )
        self.session.add(row)
        versions.append(row)
        return "drawn"

    def _image(self, source: Source) -> Image:
        image = self._found(source)
        size = (image.format["rows"], image.format["columns"])
        if (source.rows or size[0], source.columns or size[1]) != size:
            raise InvalidInput(
                f"its image is {source.columns} × {source.rows} pixels in the file and {size[1]} × "
                f"{size[0]} here; it is another one."
            )
        return image

    def _found(self, source: Source) -> Image:
        image = self.images.get((source.sha256, source.item))
        if image is not None:
            return image
        if source.instance_uid:  # an archive may have written the same image in other bytes
            return self._referred(source)
        if source.sha256:
            raise InvalidInput(f"its image {source.sha256[:12]} is not in this catalogue; import that first.")
        named = self.named.get(deidentify.keyed_hash(self.settings.key("pseudonym"), _last(source.name)), [])
        if len(named) > 1:  # a path may tell apart what a bare name cannot
            named = [image for image in named if image.name.endswith(source.name)] or named
        if len(named) != 1:
            count = "is not in this catalogue; import it first" if not named else f"is the name of {len(named)} images"
            raise InvalidInput(f"its image '{source.name}' {count}.")
        return named[0]

    def _referred(self, source: Source) -> Image:
        found = self.instances.get(source.instance_uid)
        if not found:
            raise InvalidInput("the image that it refers to is not in this catalogue; import its series first.")
        if len({image.pixel_sha256 for image, _ in found}) > 1:
            raise InvalidInput(f"{len(found)} different images in this catalogue claim to be the one it refers to.")
        image, known = found[0]
        if (
            source.place
            and known.place
            and any(
                not math.isclose(one, other, abs_tol=NEAR) for one, other in zip(source.place, known.place, strict=True)
            )
        ):
            raise InvalidInput("it lies elsewhere than the image that it refers to, and nothing is resampled.")
        return image

    def _look_into(self, uid_key: str) -> None:
        """The catalogue holds no UID of an instance: the originals of the series are asked."""
        store = Store(self.settings.home)
        images = select(Image).join(Series, Series.id == Image.series_id).where(Series.uid_key == uid_key)
        for image in self.session.scalars(images.order_by(Image.id)):
            known = dicom_common.read_instance(store.original(image.sha256))
            self.instances[known.uid].append((image, known))

    def _case(self, image: Image) -> Case:
        if image.id not in self.cases:
            self.cases[image.id] = annotation_cases.case_of(self.session, self.task, image.id)
        return self.cases[image.id]

    def _reader_id(self, name: str) -> int:
        if name not in self.readers:
            self.readers[name] = queries.reader_id(self.session, name)
        return self.readers[name]

    def _label_id(self, label: str | None) -> int | None:
        if label is None:
            return None
        for names in ("name", "title"):
            for one in self.task.classes:
                if label in (getattr(one, names), dicom_common.fit_text(getattr(one, names))):
                    return one.id
        for one in self.task.classes:  # other tools write Liver where we say liver
            if label.casefold() in (one.name.casefold(), one.title.casefold()):
                return one.id
        names = ", ".join(one.name for one in self.task.classes)
        raise InvalidInput(f"'{label}' is not a class of task '{self.task.name}'; its classes are: {names}.")

    def _time(self, at: float | None) -> float:
        if at is not None and not 0 <= at < LATEST:
            raise InvalidInput(f"its time {at} is no time in seconds since 1970.")
        return round(time.time() if at is None else at, drawings.MICROSECONDS)


def _named(one: DrawingRecord) -> DrawingRecord:
    """A drawing without a key is named by what it is, so that it is known when it comes again."""
    told = repr((one.source, one.frame, one.shape, one.geometry, one.label))
    return one if one.key else replace(one, key=str(uuid.uuid5(uuid.NAMESPACE_OID, told)))


def _content(row: Drawing) -> tuple[object, ...]:
    return row.image_id, row.frame, row.shape.value, row.geometry, row.label_id


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]
