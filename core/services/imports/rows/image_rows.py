"""Write the rows of images that the catalogue lacks: patients, studies, series, images."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.imaging import deidentify
from core.imaging.reader_pool import ReadFile, ReadImage
from core.services.images import renumbered_frames, series_stacks
from core.services.imports.import_item import ImportItem
from core.services.imports.rows import person_rows
from db import queries
from db.tables import Image, Patient, Series, Study


def add_images(session: Session, pairs: Sequence[tuple[ImportItem, ReadImage]]) -> dict[tuple[str, str], ReadImage]:
    """Write the rows of images that the catalogue lacks; return those by (sha256, item)."""
    project = queries.project_id(session)
    existing = image_ids(session, {item.result.sha256 for item, _ in pairs})
    again = ((existing.get((item.result.sha256, image.item)), image) for item, image in pairs)
    renumbered_frames.follow(session, ((known, image) for known, image in again if known and image.format.frames > 1))
    new_images = {(item.result.sha256, image.item): (item, image) for item, image in reversed(pairs)}
    new_images = {key: pair for key, pair in reversed(new_images.items()) if key not in existing}
    patients = _patients(session, project, new_images.values())
    series = _series(session, new_images, patients)
    rows = [
        {
            "project_id": project,
            "patient_id": patients[item.patient_of(image)[0]],
            "series_id": series.get(key),
            **_image(item, image),
        }
        for key, (item, image) in new_images.items()
    ]
    if rows:
        session.execute(insert(Image), rows)
        person_rows.join_patients(session, new_images.values(), patients)
        series_stacks.regroup(session, set(series.values()), fresh=new_images.keys())
    return {key: image for key, (_, image) in new_images.items()}


def _image(item: ImportItem, image: ReadImage) -> dict[str, Any]:
    ending = f"#{image.item}" if image.item else ""
    return {
        "sha256": item.result.sha256,
        "item": image.item,
        "name": item.stored_name(image) + ending,
        "name_key": deidentify.keyed_hash(item.key, item.name.rsplit("/", 1)[-1] + ending),
        "importer": item.result.importer if isinstance(item.result, ReadFile) else "",
        "format": image.format.to_json(),
        "offset": image.offset,
        "pixel_sha256": image.pixel_sha256,
        "attributes": image.attributes,
    }


def _patients(session: Session, project: int, pairs: Iterable[tuple[ImportItem, ReadImage]]) -> dict[str, int]:
    known_by_pseudonym = dict(item.patient_of(image) for item, image in pairs)
    ids: dict[str, int] = {}
    for names in queries.chunks(list(known_by_pseudonym)):
        statement = select(Patient.pseudonym, Patient.id).where(
            Patient.project_id == project, Patient.pseudonym.in_(names)
        )
        ids.update(session.execute(statement).all())
    fresh = [
        Patient(project_id=project, pseudonym=name, known=known)
        for name, known in known_by_pseudonym.items()
        if name not in ids
    ]
    session.add_all(fresh)
    session.flush()
    return ids | {row.pseudonym: row.id for row in fresh}


def _series(
    session: Session, pairs: Mapping[tuple[str, str], tuple[ImportItem, ReadImage]], patients: Mapping[str, int]
) -> dict[tuple[str, str], int]:
    """Return the series id of each image that has a series, made with its study if missing."""
    named = {key: (item, image) for key, (item, image) in pairs.items() if item.series_of(image)}
    study_key = {
        key: (patients[item.patient_of(image)[0]], deidentify.keyed_hash(item.key, item.study_of(image)))
        for key, (item, image) in named.items()
    }
    studies = _rows(session, Study, "patient_id", study_key.values())
    series_key = {
        key: (studies[study_key[key]].id, deidentify.keyed_hash(item.key, item.series_of(image)))
        for key, (item, image) in named.items()
    }
    series = _rows(session, Series, "study_id", series_key.values())
    for key, (item, image) in named.items():
        modality = image.facts.get("modality", "") or item.facts.get("modality", "")
        series[series_key[key]].modality = series[series_key[key]].modality or modality
    return {key: series[where].id for key, where in series_key.items()}


def _rows(
    session: Session, table: type[Any], owner: str, keys: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], Any]:
    """Return the rows by owner and uid_key, made if missing."""
    unique_keys, rows = dict.fromkeys(keys), {}
    for owner_ids in queries.chunks(sorted({owner_id for owner_id, _ in unique_keys})):
        existing = session.scalars(select(table).where(getattr(table, owner).in_(owner_ids)).order_by(table.id))
        rows.update({(getattr(row, owner), row.uid_key): row for row in reversed(existing.all())})
    fresh = {key: table(**{owner: key[0], "uid_key": key[1]}) for key in unique_keys if key not in rows}
    session.add_all(fresh.values())
    session.flush()
    return rows | fresh


def image_ids(session: Session, hashes: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return the ids of images by (sha256, item)."""
    ids: dict[tuple[str, str], int] = {}
    for chunk in queries.chunks(sorted(hashes)):
        rows = session.execute(select(Image.sha256, Image.item, Image.id).where(Image.sha256.in_(chunk)))
        ids.update({(sha256, item): image_id for sha256, item, image_id in rows})
    return ids
