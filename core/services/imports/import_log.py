"""The list of imports: each with its roles, its report and its images; where it read from stands in a private file."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from core.errors import NotFound
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest, read_request, request_path, save_request
from core.settings import Settings
from db import Database, queries
from db.tables import Import, ImportedImage, Reader

PRIVATE = ("path", "metadata", "within", "dry_run")  # what of a request is no role


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as pages show it; `report` is None until it has finished, `request` where its file was deleted.

    `images` counts the images that it brought and that are in the catalogue.
    """

    id: int
    by: str
    at: float
    job_id: int | None
    images: int
    roles: dict[str, Any]
    report: ImportReport | None
    request: ImportRequest | None
    undone_at: float | None = None
    undone_by: str = ""


def begin(
    db: Database, settings: Settings, request: ImportRequest, *, by: str, key: str = "", job_id: int | None = None
) -> int:
    """Add an import to the list; return its id. The same key gives the same import."""
    key = key or secrets.token_hex(16)
    if not request_path(settings, key).exists():
        save_request(settings, key, request)
    with db.transaction() as session:
        row = session.scalar(select(Import).where(Import.request_key == key))
        if row is None:
            row = Import(
                project_id=queries.project_id(session),
                reader_id=queries.reader_id(session, by),
                request_key=key,
                job_id=job_id,
                roles={name: value for name, value in request.to_json().items() if name not in PRIVATE},
            )
            session.add(row)
            session.flush()
        return row.id


def finish(db: Database, import_id: int, report: ImportReport) -> None:
    """Write the report of an import, its file names without identity."""
    with db.transaction() as session:
        session.get_one(Import, import_id).report = report.to_json()


def list_imports(db: Database, settings: Settings, *, limit: int = 50) -> list[ImportView]:
    """Return the imports, newest first."""
    with db.read() as session:
        rows = session.execute(_views().order_by(Import.id.desc()).limit(limit)).all()
    return _shown(settings, rows)


def get(db: Database, settings: Settings, import_id: int) -> ImportView:
    """Return one import.

    Raises:
        NotFound: no import has that id.
    """
    with db.read() as session:
        rows = session.execute(_views().where(Import.id == import_id)).all()
    if not rows:
        raise NotFound(f"There is no import {import_id}; the Import page lists them.")
    return _shown(settings, rows)[0]


def of_job(db: Database, job_id: int) -> int | None:
    """Return the id of the import that a job made, None if it has made none."""
    with db.read() as session:
        return session.scalar(select(Import.id).where(Import.job_id == job_id).order_by(Import.id.desc()).limit(1))


def _views() -> Select[Any]:
    undoing = aliased(Reader)
    images = select(func.count()).where(ImportedImage.import_id == Import.id).correlate(Import).scalar_subquery()
    joined = select(Import, Reader.name, undoing.name, images).join(Reader, Reader.id == Import.reader_id)
    return joined.outerjoin(undoing, undoing.id == Import.undone_by)


def _shown(settings: Settings, rows: Sequence[Any]) -> list[ImportView]:
    return [
        ImportView(
            id=row.id,
            by=by,
            at=row.created_at,
            job_id=row.job_id,
            images=images,
            roles=row.roles,
            report=ImportReport.from_json(row.report) if row.report else None,
            request=_request(settings, row.request_key),
            undone_at=row.undone_at,
            undone_by=undone_by or "",
        )
        for row, by, undone_by, images in rows
    ]


def _request(settings: Settings, key: str) -> ImportRequest | None:
    try:
        return read_request(settings, key)
    except NotFound:
        return None
