"""Find and remove what imports leave in the home: sent files, previews and drafts that nobody went on with."""

import time
from pathlib import Path

from sqlalchemy import select

from core.errors import NotFound
from core.jobs import job_queue
from core.services.imports import inbox
from core.services.imports.import_request import read_request, request_path, sent_folders
from core.services.imports.readable_notes import READABLE
from core.settings import Settings
from db import Database
from db.tables import Import
from db.vocabulary import JobKind, JobState

DAY_S = 86_400.0
SENT_S, DRAFT_S = DAY_S, 7 * DAY_S  # files and readable names; drafts, and the requests of previews


def sweep(db: Database, settings: Settings) -> int:
    """Remove them; return how many files and folders it was."""
    paths = find(db, settings)
    for path in paths:
        inbox.delete(path)
    return len(paths)


def find(db: Database, settings: Settings) -> list[Path]:
    """Return what is older than its time, and that no import needs which has not ended or is in the list."""
    needed = _needed(db, settings)
    return [
        path
        for path in (*settings.folder("inbox").glob("[!.]*"), *settings.folder("imports").glob("[!.]*"))
        if path not in needed and time.time() - path.stat().st_mtime > _time_of(settings, path)
    ]


def _time_of(settings: Settings, path: Path) -> float:
    return SENT_S if path.parent == settings.folder("inbox") or path.suffix == READABLE else DRAFT_S


def _needed(db: Database, settings: Settings) -> set[Path]:
    with db.read() as session:
        listed = {request_path(settings, key) for key in session.scalars(select(Import.request_key))}
    jobs = job_queue.unfinished(db, JobState.LOST, JobState.CANCELLED)  # those may be resumed
    keys = [job.request["note"] for job in jobs if job.kind is JobKind.IMPORT]
    paths = [request_path(settings, key) for key in keys]
    older = [settings.folder("inbox") / path.name for path in paths]  # of versions before the list of imports
    return listed.union(paths, older, *(_sent(settings, key) for key in keys))


def _sent(settings: Settings, key: str) -> set[Path]:
    try:
        return sent_folders(settings, read_request(settings, key))
    except NotFound:
        return set()
