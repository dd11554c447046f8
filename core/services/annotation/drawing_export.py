"""The drawings of a task as files: COCO and CSV, and for DICOM sources SEG and SR."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.errors import InvalidInput
from core.imaging.atomic_write import atomic_write
from core.imaging.drawings import records
from core.imaging.drawings.dicom_common import NotWritable, Original
from core.imaging.drawings.formats import FORMATS, Plain
from core.imaging.drawings.records import DrawingRecord, DrawingSet, Source
from core.imaging.store import Store
from core.settings import Settings
from db import Database, queries
from db.tables import Case, Drawing, Image, LabelClass, Patient, Reader, Task

Write = Callable[[DrawingSet, Original, tuple[DrawingRecord, ...]], list[tuple[str, bytes]]]
DICOM = "dicom"  # the importer whose originals an object can refer to


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written where; `left_out` says in sentences what has no place in the format."""

    drawings: int
    images: int
    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Origin:
    """What is asked of an image to write a DICOM object of it."""

    sha256: str
    name: str
    importer: str
    group: tuple[str, int]
    pseudonym: str


def export(
    db: Database, settings: Settings, *, task: str, format: str, out: Path, pseudonyms: bool = False
) -> Exported:
    """Write every standing drawing of a task: one file, or for SEG and SR a folder with an object per source.

    Raises:
        InvalidInput: no such task or format, nothing is drawn, or nothing of it can be written in that format.
        NotFound: an original that is needed is gone.
    """
    if format not in FORMATS:
        raise InvalidInput(f"There is no format '{format}'; drawings are written as {', '.join(FORMATS)}.")
    with db.read() as session:
        found = album(session, task)
        origins = _origins(session, found)
    if not found.drawings:
        raise InvalidInput(f"Nothing is drawn in task '{task}'; draw on the Label page first.")
    chosen, out = FORMATS[format], out.expanduser().absolute()
    if isinstance(chosen, Plain):
        if not out.parent.is_dir():
            raise InvalidInput(f"There is no folder {out.parent} to write {out.name} in; make it, or name another.")
        with atomic_write(out) as file:
            file.write(chosen.write(found))
        return Exported(len(found.drawings), len(origins), (str(out),))
    return _objects(settings, found, origins, chosen.write, out, pseudonyms=pseudonyms)


def album(session: Session, task: str) -> DrawingSet:
    """The standing drawings of a task, whatever home they are in, in one order.

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
    drawings = [_drawn(*found) for found in session.execute(rows)]
    return DrawingSet(row.name, tuple(one.name for one in row.classes), records.sort_drawings(drawings))


def task_row(session: Session, name: str) -> Task:
    """The task of that name.

    Raises:
        InvalidInput: there is none.
    """
    row = queries.task_named(session, name)
    if row is None:
        raise InvalidInput(f"There is no task '{name}'; make it on the Label page, or by an import with --task.")
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


def _origins(session: Session, found: DrawingSet) -> dict[tuple[str, str], _Origin]:
    origins: dict[tuple[str, str], _Origin] = {}
    for hashes in queries.chunks(sorted({one.source.sha256 for one in found.drawings})):
        rows = select(Image, Patient.pseudonym).join(Patient, Patient.id == Image.patient_id)
        for image, pseudonym in session.execute(rows.where(Image.sha256.in_(hashes))):
            group = ("image", image.id)
            if image.series_id is not None and image.format["frames"] == 1:
                group = ("series", image.series_id)
            origins[image.sha256, image.item] = _Origin(image.sha256, image.name, image.importer, group, pseudonym)
    drawn = {(one.source.sha256, one.source.item) for one in found.drawings}
    return {key: origin for key, origin in origins.items() if key in drawn}


def _objects(
    settings: Settings,
    found: DrawingSet,
    origins: dict[tuple[str, str], _Origin],
    write: Write,
    out: Path,
    *,
    pseudonyms: bool,
) -> Exported:
    """An object per series, or per image of several frames, in a folder of their own."""
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"{out} is a file, and an object is written per source; name a folder.")
    store, files, left_out, sent = Store(settings.home), list[str](), list[str](), list[DrawingRecord]()
    kept = [one for one in found.drawings if _origin(origins, one).importer == DICOM]
    if len(kept) < len(found.drawings):
        left_out.append(
            f"{len(found.drawings) - len(kept)} drawings are on images that did not come as DICOM; "
            "export them as coco or csv."
        )
    groups: dict[tuple[str, int], list[DrawingRecord]] = defaultdict(list)
    for one in kept:
        groups[_origin(origins, one).group].append(one)
    for drawings in groups.values():
        first = _origin(origins, drawings[0])
        paths = {one.source.sha256: store.original(one.source.sha256) for one in drawings}
        try:
            objects = write(found, Original(paths, first.pseudonym if pseudonyms else None), tuple(drawings))
        except NotWritable as error:
            left_out.append(f"'{first.name}' {error}.")
            continue
        files += [_placed(out, name, data) for name, data in objects]
        sent += drawings
    if not files:
        raise InvalidInput(f"Nothing of it can be written as DICOM: {' '.join(left_out)}")
    return Exported(len(sent), len({one.source.sha256 for one in sent}), tuple(files), tuple(left_out))


def _origin(origins: dict[tuple[str, str], _Origin], one: DrawingRecord) -> _Origin:
    return origins[one.source.sha256, one.source.item]


def _placed(out: Path, name: str, data: bytes) -> str:
    path = out / f"{name}.dcm"
    with atomic_write(path) as file:
        file.write(data)
    return str(path)
