"""Write a backup of the home to one file (`rounds backup FILE`) while Rounds keeps running.

The file is an uncompressed tar, because images hardly compress: `catalogue.sqlite`, `originals/`, `pixels/`, `runs/`,
`keys/` under their names in the home, and last `manifest.json` with schema, rows per table and the sha256 of every
file. Thumbnails, maps and caches can be recomputed and are left out, as are files that a running import has not
finished yet.
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
from core.imaging.staging_folder import draft, why
from core.services.workspace.backup_contents import Pack, Tell, images, run_files, running_import
from core.settings import Settings
from db import Database, migrations
from db.database import sqlite_module
from db.sqlite_backup import copy

CATALOGUE, MANIFEST = "catalogue.sqlite", "manifest.json"
CARE = "The backup contains patients' images and the key of their pseudonyms: protect it like the home itself."


@dataclass(frozen=True, slots=True)
class Contents:
    """The manifest of a backup. `files` is sha256 by name."""

    schema: str
    rows: dict[str, int]
    files: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """The number of files per folder."""
        return dict(Counter(name.split("/")[0] for name in self.files))

    def to_json(self) -> bytes:
        """Return the manifest's bytes."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Contents":
        """Read a manifest's bytes."""
        manifest = json.loads(data)
        return cls(**{**manifest, "rows": dict(manifest["rows"]), "files": dict(manifest["files"])})


@dataclass(frozen=True, slots=True)
class BackupReport:
    """The result of a backup; `notes` are sentences about what it does not contain."""

    file: str
    bytes: int
    schema: str
    rows: dict[str, int]
    files: dict[str, int]
    notes: tuple[str, ...]
    care: str = CARE


def silent(_done: int, _all: int) -> None:
    """Ignore progress."""


def make(db: Database, settings: Settings, path: Path, *, tell: Tell = silent) -> BackupReport:
    """Write a backup, readable by its owner only. `tell` receives the number of files done and in total.

    Raises:
        InvalidInput: the file exists, its folder does not, or the catalogue is on a database server.
        UserError: it cannot be written, for example to a full disk; then no file remains.
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
            f"The backup {path} cannot be written ({reason}): {way}, or choose a file on another disk. No file was "
            "left behind."
        ) from error
    return BackupReport(str(path), path.stat().st_size, contents.schema, contents.rows, contents.counts, tuple(notes))


def _check(db: Database, path: Path) -> None:
    if not db.is_sqlite:
        raise InvalidInput(
            "This catalogue is on a database server: back it up with the server's tool, such as pg_dump, and copy the "
            "folders of the home."
        )
    if path.exists():
        raise InvalidInput(f"The file {path} exists already, and a backup overwrites nothing; choose another name.")
    if not path.parent.is_dir():
        raise InvalidInput(f"The folder {path.parent} for {path.name} does not exist; create it, or choose another.")


def _fill(db: Database, settings: Settings, catalogue: Path, file: BinaryIO, tell: Tell) -> tuple[Contents, list[str]]:
    # The catalogue first: rows are written after their files, and files never change or go, so every file that this
    # copy names exists. Copied last, it could name a file that came after the files were read.
    copy(db, catalogue)
    copied = Database(f"sqlite:///{catalogue}")
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        pack = Pack(tar, tell)
        try:
            notes = [*images(copied, settings, pack), *run_files(copied, settings, pack), *running_import(copied)]
            for key in sorted(settings.folder("keys").glob("*.key")):
                pack.add(f"keys/{key.name}", key)
            schema, rows = migrations.current(copied) or "", count(copied)
        finally:
            copied.close()
        pack.add(CATALOGUE, catalogue)  # once closed it is one file without a journal
        contents = Contents(schema, rows, pack.hashes)
        pack.put(MANIFEST, contents.to_json())
    return contents, notes


def count(db: Database) -> dict[str, int]:
    """Return the number of rows per table."""
    names = sorted(inspect(db.engine).get_table_names())
    with db.read() as session:
        return {name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
