"""What to import and how, and the job that does it: queued, read again, and its uploaded files deleted."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFound
from core.imaging.atomic_write import atomic_write
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.settings import Settings
from db import Database
from db.vocabulary import JobKind


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how. What a person did not choose is None, or not in `roles`, and is guessed from the table.

    `roles` are (column, role) pairs; the columns chosen by name win. Without a column `file` the one is guessed.
    The files and the table must lie in one of the folders `within`, if there are any; so must what links lead to.
    With `keep_spellings` labels that differ in capitals, width, blanks or a fraction of zero stay apart.
    `class_order` are the classes of a new task, the positive one last.
    """

    path: Path
    metadata: Path | None = None
    file_column: str = "file"
    patient_column: str | None = None
    task: str = ""
    label_column: str | None = None
    keep_spellings: bool = False
    reference: bool = False
    dry_run: bool = False
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    header_line: int | None = None
    sheet: str | None = None
    date_order: str | None = None
    roles: tuple[tuple[str, str], ...] = ()
    class_order: tuple[str, ...] = ()
    within: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a job's row."""
        values = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        return {**values, "within": list(map(str, self.within))}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ImportRequest":
        """Read a request from a job's row."""
        paths = {"path": Path(data["path"]), "metadata": Path(data["metadata"]) if data["metadata"] else None}
        lists = {
            "roles": tuple((column, role) for column, role in data.get("roles", ())),
            "class_order": tuple(data.get("class_order", ())),
            "within": tuple(map(Path, data.get("within", ()))),
        }
        return cls(**{**data, **paths, **lists})


def submit(db: Database, settings: Settings, request: ImportRequest, *, by: str, key: str, launcher: Launcher) -> int:
    """Queue an import (or a dry run); return the job's id. The same key gives the same job.

    The request contains folder names, which can identify a patient, so it is stored in a file, not the catalogue.
    """
    with atomic_write(_request_path(settings, key)) as file:
        file.write(json.dumps(request.to_json()).encode())
    with db.transaction() as session:
        job_request = {"note": key, "by": by, "dry_run": request.dry_run}
        job_id = job_queue.add(session, JobKind.IMPORT, job_request, key=f"import:{key}").id
    launcher.wake()
    return job_id


def load_request(settings: Settings, job: job_queue.JobView) -> ImportRequest:
    """Return the request of an import job.

    Raises:
        NotFound: the job is done, and its request was deleted.
    """
    try:
        return ImportRequest.from_json(json.loads(_request_path(settings, job.request["note"]).read_bytes()))
    except FileNotFoundError as error:
        raise NotFound(
            f"The request of import {job.id} was deleted after it ended; start a new import of the folder."
        ) from error


def discard_inbox(settings: Settings, job: job_queue.JobView) -> None:
    """Delete an import's uploaded files, which are now in the store, and its request with the folder's name."""
    request, inbox = load_request(settings, job), settings.folder("inbox")
    for path in (request.path, request.metadata):
        dropped = next((one for one in (path, *path.parents) if one.parent == inbox), None) if path else None
        if dropped:
            shutil.rmtree(dropped, ignore_errors=True)
    _request_path(settings, job.request["note"]).unlink(missing_ok=True)


def _request_path(settings: Settings, key: str) -> Path:
    return settings.folder("inbox") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
