"""`rounds backup FILE`: all that cannot be made again, in one file, while everybody goes on working.

The file is an uncompressed tar, for images hardly shrink: `catalogue.sqlite`, `originals/`, `pixels/`, `runs/`, `keys/`
under the names they have in the home, and last `manifest.json`: schema, rows per table, sha256 of every file.
Thumbnails, maps and caches are made again; what an import under way has not taken yet stays behind.
"""

import json
import tarfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, inspect, select, table
from sqlalchemy.exc import DBAPIError

from core.errors import InvalidInput, UserError
from core.imaging.atomic_write import atomic_write, replace_durably
from core.services.workspace.backup_contents import Pack, Tell, images, run_files, under_way
from core.services.workspace.staging_folder import draft, why
from core.settings import Settings
from db import Database, migrations
from db.database import sqlite_module
from db.sqlite_backup import copy

CATALOGUE, MANIFEST = "catalogue.sqlite", "manifest.json"
CARE = "It holds patients' images and the key of their pseudonyms: keep it as closed as the home itself."


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself. `files` is sha256 by name."""

    schema: str
    rows: dict[str, int]
    files: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """Files per folder."""
        return dict(Counter(name.split("/")[0] for name in self.files))

    def to_json(self) -> bytes:
        """As it lies in the backup."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Contents":
        """Back from the backup."""
        said = json.loads(data)
        return cls(**{**said, "rows": dict(said["rows"]), "files": dict(said["files"])})


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was put where; `notes` says in sentences what is not in it."""

    file: str
    bytes: int
    schema: str
    rows: dict[str, int]
    files: dict[str, int]
    notes: tuple[str, ...]
    care: str = CARE


def silent(_done: int, _all: int) -> None:
    """Tells nobody."""


def make(db: Database, settings: Settings, path: Path, *, tell: Tell = silent) -> BackupReport:
    """Write a backup, readable by its owner only. `tell` hears how many files of how many are in it.

    Raises:
        InvalidInput: there is such a file already, its folder is not there, or the catalogue is not ours to copy.
        UserError: it cannot be written, such as to a full disk; then nothing of it stays.
    """
    path = path.expanduser().absolute()
    _check(db, path)
    try:
        with draft(path.parent, path.name) as folder:
            with atomic_write(folder / "backup") as file:
                contents, notes = _fill(db, settings, folder / CATALOGUE, file, tell)
            replace_durably(folder / "backup", path)
    except (OSError, DBAPIError, sqlite_module().Error) as error:
        reason, way = why(error)
        raise UserError(
            f"The backup {path} cannot be written ({reason}), and nothing of it stays; {way}, or name a "
            "file on another disk."
        ) from error
    return BackupReport(str(path), path.stat().st_size, contents.schema, contents.rows, contents.counts, tuple(notes))


def _check(db: Database, path: Path) -> None:
    if not db.is_sqlite:
        raise InvalidInput(
            "This catalogue is kept by a database server: back it up with that server's tool, such as "
            "pg_dump, and copy the folders of the home."
        )
    if path.exists():
        raise InvalidInput(f"There is a file {path} already, and a backup overwrites none; name another.")
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent} to write {path.name} in; make it, or name another.")


def _fill(db: Database, settings: Settings, catalogue: Path, file: BinaryIO, tell: Tell) -> tuple[Contents, list[str]]:
    # The catalogue first: rows are written after their files, and files are neither changed nor deleted, so all that
    # this state names is there now and later. The other way round a row could name a file that nobody had seen yet.
    copy(db, catalogue)
    copied = Database(f"sqlite:///{catalogue}")
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        pack = Pack(tar, tell)
        try:
            notes = [*images(copied, settings, pack), *run_files(copied, settings, pack), *under_way(copied)]
            for key in sorted(settings.folder("keys").glob("*.key")):
                pack.add(f"keys/{key.name}", key)
            schema, rows = migrations.current(copied) or "", count(copied)
        finally:
            copied.close()
        pack.add(CATALOGUE, catalogue)  # closed it is one file, with no journal beside it
        contents = Contents(schema, rows, pack.hashes)
        pack.put(MANIFEST, contents.to_json())
    return contents, notes


def count(db: Database) -> dict[str, int]:
    """Rows per table, whatever tables there are."""
    names = sorted(inspect(db.engine).get_table_names())
    with db.read() as session:
        return {name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
