"""An import that a person prepares: a sealed file, so that a reload shows the same folder, table and roles again."""

import json
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import NotFound
from core.imaging.archives.endings import is_archive
from core.imaging.tables.endings import TABLES
from core.jobs.launcher import Launcher
from core.services.imports import import_request, inbox, leftovers
from core.services.imports.import_request import ImportRequest, sent_folder, sent_folders
from core.services.imports.sealed_file import read_sealed, write_sealed
from core.settings import Settings
from db import Database


@dataclass(frozen=True, slots=True)
class ImportDraft:
    """A request in the making; `look` is the job of its preview, `job` that of its import (0: none yet).

    `offered` says that the only table in an archive was taken; it is not taken again from who chose none.
    """

    key: str
    request: ImportRequest
    look: int = 0
    without_labels: bool = False
    job: int = 0
    offered: bool = False

    def at(self, path: Path, settings: Settings) -> "ImportDraft":
        """Return the draft of another folder or file, without what was seen of the one before."""
        sent = sent_folder(settings, path)
        within = (*settings.roots, *((sent,) if sent else ()))
        return replace(self, request=ImportRequest(path, within=within), look=0, without_labels=False, offered=False)

    def with_table(self, table: Path | None) -> "ImportDraft":
        """Return the draft with another table, of which nothing is chosen yet."""
        request, before = ImportRequest(self.request.path, within=self.request.within), self.request
        return replace(self, request=replace(request, metadata=table, reference=before.reference), without_labels=False)

    def with_request(self, **changes: object) -> "ImportDraft":
        """Return the draft with other choices."""
        return replace(self, request=replace(self.request, **changes))  # type: ignore[arg-type]


def start(db: Database, settings: Settings) -> ImportDraft:
    """Return a new draft at the first root; what was left is removed."""
    leftovers.sweep(db, settings)
    folder = settings.roots[0] if settings.roots else Path.home()
    return ImportDraft(secrets.token_hex(16), ImportRequest(folder, within=settings.roots))


def save(settings: Settings, draft: ImportDraft) -> ImportDraft:
    """Write the draft; return it."""
    values = {
        "request": draft.request.to_json(),
        "look": draft.look,
        "without_labels": draft.without_labels,
        "job": draft.job,
        "offered": draft.offered,
    }
    write_sealed(settings, _path(settings, draft.key), json.dumps(values))
    return draft


def load(settings: Settings, key: str) -> ImportDraft:
    """Return a saved draft.

    Raises:
        NotFound: there is none of that key.
    """
    try:
        values = json.loads(read_sealed(settings, _path(settings, key)))
        return ImportDraft(key, **{**values, "request": ImportRequest.from_json(values["request"])})
    except (OSError, ValueError) as error:
        raise NotFound("This import was removed; choose its folder again.") from error


def preview(db: Database, settings: Settings, draft: ImportDraft, *, by: str, launcher: Launcher) -> ImportDraft:
    """Queue the preview of the draft's files, without its table; return the draft with the job."""
    request = replace(ImportRequest(draft.request.path, within=draft.request.within), dry_run=True)
    job = import_request.submit(db, settings, request, by=by, key=secrets.token_hex(16), launcher=launcher)
    return save(settings, replace(draft, look=job))


def with_sent_files(settings: Settings, draft: ImportDraft, folder: Path) -> ImportDraft:
    """Return the draft of files that a browser sent: a table among them is its table, an archive alone its path."""
    files = sorted(folder.iterdir())
    listed = [file for file in files if file.suffix.lower() in TABLES]
    rest = [file for file in files if file not in listed]
    alone = rest[0] if len(rest) == 1 and is_archive(rest[0]) else folder
    return draft.at(alone, settings).with_table(listed[0] if listed else None)


def discard(settings: Settings, draft: ImportDraft) -> None:
    """Remove a draft with the files that a browser sent for it."""
    for folder in sent_folders(settings, draft.request):
        inbox.delete(folder)
    _path(settings, draft.key).unlink(missing_ok=True)


def _path(settings: Settings, key: str) -> Path:
    name = key if re.fullmatch("[0-9a-f]{32}", key) else "none"
    return settings.folder("imports") / f"{name}.draft"


def is_picked(settings: Settings, draft: ImportDraft) -> bool:
    """Return whether the draft's path was picked on this machine, not sent by a browser."""
    return sent_folder(settings, draft.request.path) is None
