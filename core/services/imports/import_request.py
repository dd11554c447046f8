"""What to import and how, and the job that does it: queued, read again, and what it left in the inbox deleted."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, NotFound
from core.imaging.file_listing import is_within
from core.imaging.identity.name_handling import NameHandling
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.imports import inbox
from core.services.imports.sealed_file import read_sealed, write_sealed
from core.settings import Settings
from db import Database
from db.vocabulary import JobKind


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how. What a person did not choose is None, or not in `roles`, and is guessed from the table.

    `roles` are (column, role) pairs; the columns chosen by name win. Without a column `file` the one is guessed.
    The files and the table must lie in one of the folders `within`, if there are any; so must what links lead to.
    With `keep_spellings` labels that differ in capitals, width, blanks or a fraction of zero stay apart.
    `class_order` are the classes of a new task, the positive one last. `names` says how file names are stored that
    look like a person: with a code of this home, as they are, or without.
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
    names: NameHandling = "keyed"

    def check_within(self) -> None:
        """Check, before anything is opened, that the files and the table lie where they may.

        Raises:
            InvalidInput: one of them does not.
        """
        for path in filter(None, (self.path, self.metadata)):
            if not is_within(path.expanduser().resolve(), self.within):
                raise InvalidInput(f"{path} is outside the folders that this page may import from; choose another.")

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
    save_request(settings, key, request)
    with db.transaction() as session:
        job_request = {"note": key, "by": by, "dry_run": request.dry_run}
        job_id = job_queue.add(session, JobKind.IMPORT, job_request, key=f"import:{key}").id
    launcher.wake()
    return job_id


def load_request(settings: Settings, job: job_queue.JobView) -> ImportRequest:
    """Return the request of an import job.

    Raises:
        NotFound: its file was deleted.
    """
    return read_request(settings, job.request["note"])


def save_request(settings: Settings, key: str, request: ImportRequest) -> None:
    """Write a request into a sealed file of the home, so that it can be repeated."""
    write_sealed(settings, request_path(settings, key), json.dumps(request.to_json()))


def read_request(settings: Settings, key: str) -> ImportRequest:
    """Return the request that was saved under a key.

    Raises:
        NotFound: its file was deleted.
    """
    path = request_path(settings, key)
    older = settings.folder("inbox") / path.name  # where versions before the list of imports saved it
    try:
        return ImportRequest.from_json(json.loads(read_sealed(settings, path) if path.exists() else older.read_bytes()))
    except (FileNotFoundError, ValueError) as error:
        raise NotFound("The folder of this import is not known any more; start a new import.") from error


def discard_inbox(settings: Settings, job: job_queue.JobView) -> None:
    """Delete an import's uploaded files, which are now in the store."""
    for folder in sent_folders(settings, load_request(settings, job)):
        inbox.delete(folder)


def sent_folders(settings: Settings, request: ImportRequest) -> set[Path]:
    """Return the folders of the inbox that a request's files and table lie in."""
    paths = (request.path, request.metadata)
    return {folder for path in paths if path and (folder := sent_folder(settings, path))}


def sent_folder(settings: Settings, path: Path) -> Path | None:
    """Return the folder of the inbox that a path lies in, None for other paths."""
    return next((one for one in (path, *path.parents) if one.parent == settings.folder("inbox")), None)


def request_path(settings: Settings, key: str, ending: str = ".json") -> Path:
    """Return the path of the file with the request of a key, or of another file about it; the name says nothing."""
    return settings.folder("imports") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}{ending}"
