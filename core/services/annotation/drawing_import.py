"""Import drawings from a file: all of them or none; importing the same file again adds nothing."""

import math
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
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
from core.imaging.identity.name_findings import keyed
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.imaging.tables.file_names import fitting
from core.services.annotation import cases as annotation_cases
from core.services.annotation import drawings
from core.services.annotation.drawing_export import task_row
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Drawing, Image, LabelClass, Series, Task
from db.vocabulary import LabelSource, Shape

LARGEST = 2 << 30  # bytes
LATEST = 1e11  # seconds since 1970, about three thousand years
NEAR = 0.01  # mm, tolerance for positions written with fewer digits


@dataclass(frozen=True, slots=True)
class DrawingImportReport:
    """The result: new versions (`drawn`), existing ones (`known`), and those with a later version (`superseded`)."""

    drawn: int
    known: int
    superseded: int

    def to_json(self) -> dict[str, int]:
        """Return the keys of the command line's contract."""
        return {"drawn": self.drawn, "known": self.known, "kept": self.superseded}


def import_drawings(db: Database, settings: Settings, *, task: str, path: Path, by: str) -> DrawingImportReport:
    """Append every drawing of a COCO, CSV, SEG or SR file in one transaction.

    Raises:
        InvalidInput: no such task, or an invalid drawing, named with its place in the file; nothing is imported.
    """
    path = path.expanduser()
    if path.stat().st_size > LARGEST:
        raise InvalidInput(f"{path.name} is larger than {LARGEST >> 30} GiB; export the drawings in parts.")
    data = path.read_bytes()
    with _errors_with_file(path.name):
        drawings_in_file = [_with_key(drawing) for drawing in reader_of(data)(data)]
    counts = dict.fromkeys(("drawn", "known", "superseded"), 0)
    with db.transaction() as session:
        row = task_row(session, task)
        intake = _DrawingImport(session, settings, row, by)
        with _errors_with_file(path.name):
            intake.look_up(drawings_in_file)
            for record in drawings_in_file:
                counts[intake.add(record)] += 1
    return DrawingImportReport(**counts)


@contextmanager
def _errors_with_file(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error


@dataclass
class _DrawingImport:
    """The import of one file; each catalogue query runs once."""

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

    def look_up(self, drawings_in_file: list[DrawingRecord]) -> None:
        """Look up images by content, name or UID, and existing cases and versions."""
        sources = [
            source for drawing in drawings_in_file for source in (drawing.source, drawing.case) if source is not None
        ]
        for hashes in queries.chunks(sorted({one.sha256 for one in sources if one.sha256})):
            for image in self.session.scalars(select(Image).where(Image.sha256.in_(hashes))):
                self.images[image.sha256, image.item] = image
        secret = self.settings.key("pseudonym")
        keys = {deidentify.keyed_hash(secret, _file_name(one.name)) for one in sources if one.name and not one.sha256}
        for chunk in queries.chunks(sorted(keys)):
            for image in self.session.scalars(select(Image).where(Image.name_key.in_(chunk)).order_by(Image.id)):
                self.named[image.name_key].append(image)
        for uid in sorted({one.series_uid for one in sources if one.series_uid}):
            self._look_into(deidentify.keyed_hash(secret, uid))
        self._look_up_cases()
        for chunk in queries.chunks(sorted({one.key for one in drawings_in_file if one.key})):
            rows = select(Drawing).join(Case, Case.id == Drawing.case_id)
            statement = rows.where(Case.task_id == self.task.id, Drawing.key.in_(chunk)).order_by(Drawing.id)
            for row in self.session.scalars(statement):
                self.versions[row.case_id, row.key].append(row)

    def _look_up_cases(self) -> None:
        images = [
            *self.images.values(),
            *(image for images in self.named.values() for image in images),
            *(image for pairs in self.instances.values() for image, _ in pairs),
        ]
        self.cases.update(annotation_cases.known(self.session, self.task, {image.id for image in images}))

    def add(self, drawing: DrawingRecord) -> str:
        """Append a drawing; return "drawn", "known" or "superseded".

        Raises:
            InvalidInput: the drawing is invalid; names its place in the file.
        """
        try:
            return self._add(drawing)
        except InvalidInput as error:
            if drawing.where and not str(error).startswith(drawing.where):
                raise InvalidInput(f"{drawing.where}: {error}") from error
            raise

    def _add(self, drawing: DrawingRecord) -> str:
        image = self._image(drawing.source)
        in_catalogue = drawing.case is not None and (drawing.case.sha256, drawing.case.item) in self.images
        case = self._case(
            self._image(drawing.case) if drawing.case and (in_catalogue or not drawing.source.instance_uid) else image
        )
        format = PixelFormat.from_json(image.format)
        if not drawings.shown_beside(self.session, case, image):
            raise InvalidInput("its image and its case are of different patients.")
        if not 0 <= drawing.frame < format.frames:
            raise InvalidInput(f"its image has {format.frames} frames, but it is on frame {drawing.frame}.")
        # A DICOM object names a frame of the file, the other formats a frame as it is shown.
        frame = format.stored_frame(drawing.frame) if drawing.source.instance_uid else drawing.frame
        geometry = geometry_schema.normalise(drawing.shape, drawing.geometry, format.rows, format.columns)
        content = (image.id, frame, drawing.shape, geometry, self._label_id(drawing))
        at, reader = self._time(drawing.at), self._reader_id(drawing.reader or self.by)
        versions = self.versions[case.id, drawing.key]
        signed = (reader, at) if drawing.at is not None else ()
        if any(
            _content(row) == content and (not signed or signed == (row.reader_id, row.created_at)) for row in versions
        ):
            return "known"
        if versions and (versions[-1].created_at >= at or not drawing.at):
            return "superseded"
        if not 1 <= len(drawing.key) <= drawings.LONGEST_KEY:
            raise InvalidInput(f"its key has {len(drawing.key)} characters; give 1 to {drawings.LONGEST_KEY}.")
        row = Drawing(
            case_id=case.id,
            image_id=image.id,
            frame=frame,
            label_id=content[4],
            reader_id=reader,
            key=drawing.key,
            shape=Shape(drawing.shape),
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
        image = self._find_image(source)
        size = (image.format["rows"], image.format["columns"])
        if (source.rows or size[0], source.columns or size[1]) != size:
            raise InvalidInput(
                f"its image is {source.columns} × {source.rows} pixels in the file but {size[1]} × "
                f"{size[0]} in the catalogue; it is a different image."
            )
        return image

    def _find_image(self, source: Source) -> Image:
        image = self.images.get((source.sha256, source.item))
        if image is not None:
            return image
        if source.instance_uid:  # an archive may have rewritten the same image with other bytes
            return self._referred(source)
        if source.sha256:
            raise InvalidInput(f"its image {source.sha256[:12]} is not in this catalogue; import it first.")
        named = self.named.get(deidentify.keyed_hash(self.settings.key("pseudonym"), _file_name(source.name)), [])
        path = source.name.replace("\\", "/")
        coded = keyed(path, self.settings.key("pseudonym"))
        named = fitting(path, {image: image.name for image in named}, coded)
        if len(named) != 1:
            problem = "is not in this catalogue; import it first" if not named else f"matches {len(named)} images"
            raise InvalidInput(f"its image '{source.name}' {problem}.")
        return named[0]

    def _referred(self, source: Source) -> Image:
        instances = self.instances.get(source.instance_uid)
        if not instances:
            raise InvalidInput("the referenced image is not in this catalogue; import its series first.")
        if len({image.pixel_sha256 for image, _ in instances}) > 1:
            raise InvalidInput(
                f"{len(instances)} different images in this catalogue have the UID of the referenced image."
            )
        image, known = instances[0]
        if (
            source.place
            and known.place
            and any(
                not math.isclose(expected, texpected, abs_tol=NEAR)
                for expected, texpected in zip(source.place, known.place, strict=True)
            )
        ):
            raise InvalidInput(
                "its position differs from that of the referenced image, and resampling is not supported."
            )
        return image

    def _look_into(self, uid_key: str) -> None:
        """Read instance UIDs from the originals of a series, because the catalogue does not store them."""
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

    def _label_id(self, drawing: DrawingRecord) -> int | None:
        if drawing.label is None:
            return None
        for is_named in _ways_to_name(drawing.label, drawing.label_code):
            matching = [label_class for label_class in self.task.classes if is_named(label_class)]
            if len(matching) == 1:
                return matching[0].id
            if matching:
                names = ", ".join(label_class.name for label_class in matching)
                raise InvalidInput(
                    f"'{drawing.label}' may be several classes ({names}); write the name of one of them."
                )
        names = ", ".join(label_class.name for label_class in self.task.classes)
        raise InvalidInput(f"'{drawing.label}' is not a class of task '{self.task.name}'; its classes are: {names}.")

    def _time(self, at: float | None) -> float:
        if at is not None and not 0 <= at < LATEST:
            raise InvalidInput(f"its time {at} is not a time in seconds since 1970.")
        return round(time.time() if at is None else at, drawings.MICROSECONDS)


def _ways_to_name(label: str, code: str) -> tuple[Callable[[LabelClass], bool], ...]:
    """Return how a file may name a class, the surest first; an empty label names none."""
    fit, folded = dicom_common.fit_text, label.casefold()
    ways: tuple[Callable[[LabelClass], bool], ...] = (
        lambda known: dicom_common.code_of(known.name) == code,
        lambda known: known.name == label,
        lambda known: known.title == label,
        lambda known: label in (fit(known.name), fit(known.title)),
        lambda known: folded in (known.name.casefold(), known.title.casefold()),  # other tools write Liver for liver
    )
    return ways if label else ()


def _with_key(drawing: DrawingRecord) -> DrawingRecord:
    """Return the drawing with a key; one without is named by its content, so that it is recognised the next time."""
    content = repr((drawing.source, drawing.frame, drawing.shape, drawing.geometry, drawing.label))
    return drawing if drawing.key else replace(drawing, key=str(uuid.uuid5(uuid.NAMESPACE_OID, content)))


def _content(row: Drawing) -> tuple[object, ...]:
    return row.image_id, row.frame, row.shape.value, row.geometry, row.label_id


def _file_name(name: str) -> str:
    return name.rsplit("/", 1)[-1]
