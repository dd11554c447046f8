"""Note what an erasure has still to do, so that a kill after its commit is finished by `rounds doctor --sweep`."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import func, select

from core.imaging.atomic_write import atomic_write
from core.services.workspace.erasure import person_files
from core.settings import Settings
from db import Database, sqlite_vacuum
from db.tables import Image


@dataclass(frozen=True, slots=True)
class Pending:
    """What is left to do: `computed` files to remove (paths in the home), and `blank` ranges of pixels.

    It is written before the rows are deleted, so neither harms a home whose rows are still there.
    """

    computed: list[str]
    blank: list[person_files.Range]

    def write(self, settings: Settings) -> None:
        """Write the note, without names or pseudonyms."""
        with atomic_write(note(settings)) as file:
            file.write(json.dumps(asdict(self)).encode())


def note(settings: Settings) -> Path:
    """Return the path of the note, which exists while an erasure is unfinished."""
    return settings.folder("jobs") / "erasure.json"


def relative(settings: Settings, paths: Iterable[Path]) -> list[str]:
    """Return paths as they stand in the note."""
    return sorted({path.relative_to(settings.home).as_posix() for path in paths})


def finish(db: Database, settings: Settings) -> bool:
    """Do what the note says, and rewrite the catalogue without the deleted rows; return whether all is done."""
    if not note(settings).exists():
        return True
    left = Pending(**json.loads(note(settings).read_bytes()))
    person_files.remove(settings.home / name for name in left.computed)
    person_files.blank(
        settings, [(sha256, start, length) for sha256, start, length in left.blank if _is_free(db, sha256, start)]
    )
    if db.is_sqlite and not sqlite_vacuum.vacuum(db):
        return False
    note(settings).unlink()
    return True


def _is_free(db: Database, sha256: str, start: int) -> bool:
    with db.read() as session:
        return not session.scalar(select(func.count()).where(Image.sha256 == sha256, Image.offset == start))
