"""Imports that did not come to their end: of what they were, and why they ended."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import NotFound
from core.jobs import job_queue
from core.services.imports.import_log import ImportView
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest, load_request
from core.services.imports.readable_notes import readable_error
from core.settings import Settings
from db import Database
from db.tables import Import
from db.vocabulary import JobKind, JobState

UNDONE, FINISHED, UNFINISHED = "undone", "finished", "not finished"


@dataclass(frozen=True, slots=True)
class UnlistedImport:
    """An import that is not in the list: it waits, it failed before its first file, or an older version made it.

    `job_id` is its job. `request` is None where its file was deleted, `reason` is "" where nothing failed.
    """

    job_id: int
    by: str
    at: float
    state: JobState
    request: ImportRequest | None
    reason: str
    report: ImportReport | None = None


def list_unlisted(db: Database, settings: Settings) -> list[UnlistedImport]:
    """Return the imports without an entry in the list, newest first; previews are none."""
    jobs = [job for job in job_queue.list_jobs(db, kind=JobKind.IMPORT) if not job.request["dry_run"]]
    with db.read() as session:
        listed = set(session.scalars(select(Import.job_id).where(Import.job_id.in_([job.id for job in jobs]))))
    return [_unlisted(settings, job) for job in jobs if job.id not in listed]


def state_of(db: Database, settings: Settings, view: ImportView) -> tuple[str, str]:
    """Return the state of an import, and why it did not finish, "" if that is not known."""
    if view.undone_at is not None:
        return UNDONE, ""
    if view.report is not None:
        return FINISHED, ""
    job = job_queue.get(db, view.job_id) if view.job_id is not None else None
    return (str(job.state), readable_error(settings, job) or "") if job else (UNFINISHED, "")


def _unlisted(settings: Settings, job: job_queue.JobView) -> UnlistedImport:
    try:
        request = load_request(settings, job)
    except NotFound:
        request = None
    reason = readable_error(settings, job) or ""
    report = ImportReport.from_json(job.result) if job.result else None
    return UnlistedImport(job.id, job.request["by"], job.created_at, job.state, request, reason, report)
