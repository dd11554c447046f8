"""Keep what a preview or a failed import says with names readable for a day, sealed and outside of the catalogue."""

import json

from core.jobs.job_queue import JobView
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import request_path
from core.services.imports.sealed_file import read_sealed, write_sealed
from core.settings import Settings

READABLE = ".readable"


def write_readable(settings: Settings, job: JobView, content: ImportReport | str) -> None:
    """Write a report, or the sentence of an error, for the person who started the import."""
    value = content if isinstance(content, str) else content.to_json()
    write_sealed(settings, request_path(settings, job.request["note"], READABLE), json.dumps(value))


def readable_report(settings: Settings, job: JobView) -> ImportReport:
    """Return the report of a finished import with readable names as long as they are kept, else as stored."""
    value = _read(settings, job)
    return ImportReport.from_json(value if isinstance(value, dict) else job.result)


def readable_error(settings: Settings, job: JobView) -> str | None:
    """Return the error of a failed import with readable names as long as they are kept, else as stored."""
    value = _read(settings, job) if job.error else None
    return value if isinstance(value, str) else job.error


def _read(settings: Settings, job: JobView) -> object:
    path = request_path(settings, job.request["note"], READABLE)
    return json.loads(read_sealed(settings, path)) if path.exists() else None
