"""Export the drawings of a task: COCO and CSV, and for DICOM sources SEG and SR."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.errors import InvalidInput
from core.imaging.atomic_write import atomic_write
from core.imaging.drawings import records
from core.imaging.drawings.deidentified import Deidentification
from core.imaging.drawings.dicom_common import NotWritable, Original
from core.imaging.drawings.formats import FORMATS, Plain
from core.imaging.drawings.records import DrawingRecord, DrawingSet, Source
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Drawing, Image, LabelClass, Patient, Reader, Task

Write = Callable[[DrawingSet, Original, tuple[DrawingRecord, ...]], list[tuple[str, bytes]]]
REMAINS = (
    "Sex, age up to 89, size, weight, times of day, geometry, readers, times of drawing and the sha256 of original "
    "files remain, and whoever has an original can recognise it."
)
NAME = 16  # characters of a sha256 in place of a file name
DICOM = "dicom"  # the importer whose originals a DICOM object can refer to


@dataclass(frozen=True, slots=True)
class Exported:
    """The result of an export; `left_out` are sentences about drawings that the format cannot hold."""

    drawings: int
    images: int
    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    remains: str = ""  # with pseudonyms, what of a person they still contain


@dataclass(frozen=True, slots=True)
class _Origin:
    """The facts about an image that a DICOM object of its drawings needs."""

    sha256: str
    name: str
    importer: str
    group: tuple[str, int]
    pseudonym: str
    format: PixelFormat


def export(
    db: Database, settings: Settings, *, task: str, format: str, out: Path, pseudonyms: bool = False
) -> Exported:
    """Write every current drawing of a task: one file, or for SEG and SR a folder with an object per source.

    Raises:
        InvalidInput: no such task or format, no drawings, or none that the format can hold.
        NotFound: a required original is missing.
    """
    if format not in FORMATS:
        raise InvalidInput(f"There is no format '{format}'; choose one of {', '.join(FORMATS)}.")
    with db.read() as session:
        drawings = album(session, task)
        origins = _origins(session, drawings)
    if not drawings.drawings:
        raise InvalidInput(f"Task '{task}' has no drawings; draw on the Label page first.")
    chosen, out = FORMATS[format], out.expanduser().absolute()
    if isinstance(chosen, Plain):
        if not out.parent.is_dir():
            raise InvalidInput(f"The folder {out.parent} for {out.name} does not exist; create it, or choose another.")
        with atomic_write(out) as file:
            file.write(chosen.write(_without_names(drawings) if pseudonyms else drawings))
        return Exported(len(drawings.drawings), len(origins), (str(out),), remains=REMAINS if pseudonyms else "")
    return _write_objects(settings, drawings, origins, chosen.write, out, pseudonyms=pseudonyms)


def album(session: Session, task: str) -> DrawingSet:
    """Return the current drawings of a task, in an order that is the same in every home.

    Raises:
        InvalidInput: there is no such task.
    """
    row = task_row(session, task)
    last = (
        select(func.max(Drawing.id))
        .join(Case, Case.id == Drawing.case_id)
        .where(Case.task_id == row.id)
        .group_by(Drawing.case_id, Drawing.key)
    )
    shown = aliased(Image)
    rows = (
        select(Drawing, Image, shown, Reader.name, LabelClass.name)
        .join(Case, Case.id == Drawing.case_id)
        .join(Image, Image.id == Drawing.image_id)
        .join(shown, shown.id == Case.image_id)
        .join(Reader, Reader.id == Drawing.reader_id)
        .outerjoin(LabelClass, LabelClass.id == Drawing.label_id)
        .where(Drawing.id.in_(last), Drawing.erased.is_(False))
    )
    drawings = [_drawn(*row_parts) for row_parts in session.execute(rows)]
    return DrawingSet(row.name, tuple(one.name for one in row.classes), records.sort_drawings(drawings))


def _without_names(collection: DrawingSet) -> DrawingSet:
    """Return the drawings with the first characters of the sha256 in place of file names."""
    return replace(collection, drawings=tuple(map(_without_name, collection.drawings)))


def _without_name(drawing: DrawingRecord) -> DrawingRecord:
    return replace(drawing, source=replace(drawing.source, name=drawing.source.sha256[:NAME]))


def task_row(session: Session, name: str) -> Task:
    """Return the row of the task of that name.

    Raises:
        InvalidInput: there is none.
    """
    row = queries.task_named(session, name)
    if row is None:
        raise InvalidInput(f"There is no task '{name}'; create it on the Label page, or by an import with --task.")
    return row


def _drawn(row: Drawing, image: Image, shown: Image, reader: str, label: str | None) -> DrawingRecord:
    source = Source(image.sha256, image.item, image.name, rows=image.format["rows"], columns=image.format["columns"])
    return DrawingRecord(
        source=source,
        frame=row.frame,
        shape=row.shape.value,
        geometry=row.geometry,
        label=label,
        key=row.key,
        reader=reader,
        at=row.created_at,
        case=Source(shown.sha256, shown.item),
    )


def _origins(session: Session, drawings: DrawingSet) -> dict[tuple[str, str], _Origin]:
    origins: dict[tuple[str, str], _Origin] = {}
    for hashes in queries.chunks(sorted({one.source.sha256 for one in drawings.drawings})):
        rows = select(Image, queries.person_name()).join(Patient, Patient.id == Image.patient_id)
        for image, pseudonym in session.execute(rows.where(Image.sha256.in_(hashes))):
            group = ("image", image.id)
            if image.series_id is not None and image.format["frames"] == 1:
                group = ("series", image.series_id)
            origins[image.sha256, image.item] = _Origin(
                image.sha256, image.name, image.importer, group, pseudonym, PixelFormat.from_json(image.format)
            )
    drawn = {(one.source.sha256, one.source.item) for one in drawings.drawings}
    return {key: origin for key, origin in origins.items() if key in drawn}


def _write_objects(
    settings: Settings,
    collection: DrawingSet,
    origins: dict[tuple[str, str], _Origin],
    write: Write,
    out: Path,
    *,
    pseudonyms: bool,
) -> Exported:
    """Write one DICOM object per series, or per multi-frame image, into a folder."""
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"{out} is a file, but this format writes one object per source; choose a folder.")
    store, files, left_out, sent = Store(settings.home), list[str](), list[str](), list[DrawingRecord]()
    on_dicom = [  # a DICOM object names the frames of the file
        replace(drawing, frame=_origin(origins, drawing).format.file_frame(drawing.frame))
        for drawing in collection.drawings
        if _origin(origins, drawing).importer == DICOM
    ]
    if len(on_dicom) < len(collection.drawings):
        left_out.append(
            f"{len(collection.drawings) - len(on_dicom)} drawings are on images that are not DICOM; "
            "export them as coco or csv."
        )
    groups: dict[tuple[str, int], list[DrawingRecord]] = defaultdict(list)
    for drawing in on_dicom:
        groups[_origin(origins, drawing).group].append(drawing)
    for group in groups.values():
        first = _origin(origins, group[0])
        hidden = Deidentification(first.pseudonym, settings.key("pseudonym")) if pseudonyms else None
        paths = {one.source.sha256: store.original(one.source.sha256) for one in group}
        try:
            objects = write(collection, Original(paths, hidden), tuple(group))
        except NotWritable as error:
            left_out.append(f"'{first.name}' {error}.")
            continue
        files += [_write_object(out, name, data) for name, data in objects]
        sent += group
    if not files:
        raise InvalidInput(f"No drawing can be written as DICOM. {' '.join(left_out)}")
    images, remaining = len({one.source.sha256 for one in sent}), REMAINS if pseudonyms else ""
    return Exported(len(sent), images, tuple(files), tuple(left_out), remaining)


def _origin(origins: dict[tuple[str, str], _Origin], drawing: DrawingRecord) -> _Origin:
    return origins[drawing.source.sha256, drawing.source.item]


def _write_object(out: Path, name: str, data: bytes) -> str:
    path = out / f"{name}.dcm"
    with atomic_write(path) as file:
        file.write(data)
    return str(path)
