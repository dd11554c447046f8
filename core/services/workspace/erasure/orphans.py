"""Find and remove files that no row of the catalogue names: of killed imports, of erasures, and of writes cut off."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core.imaging.staging_folder import leftovers
from core.jobs import locks
from core.services.imports.import_files import files_lock
from core.services.workspace.erasure import pending, person_files, remains
from core.settings import Settings
from db import Database
from db.tables import Image

STORED = re.compile(r"\.?([0-9a-f]{64})([.-].*)?")  # a file of the store, or its draft
DRAFT = re.compile(r"\..+\.[0-9a-f]{12}")  # of an atomic write
DRAFT_OF_KEY = re.compile(r".+\.[0-9a-f]{16}")
WRITTEN = ("thumbnails", "maps", "cache", "runs", "jobs")  # folders with files of Rounds alone
BY_IMPORTS = ("originals", "pixels")  # only imports write there, and they hold a lock
OLD_S = 3_600.0  # seconds since its last change after which nobody writes a draft any more


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep removed, or would: `files` (folders of staging count as one), their `bytes`, and a `note`."""

    files: int = 0
    bytes: int = 0
    note: str = ""


BUSY = "An import is running, whose files have no rows yet; look again when it has ended"
UNFINISHED = "The erasure of a person was interrupted"


def look(db: Database, settings: Settings) -> SweepReport:
    """Return what a sweep would remove."""
    with locks.alone(files_lock(settings)) as free:
        if not free:
            return SweepReport(note=BUSY)
    return _report(list(_orphans(db, settings)), UNFINISHED if pending.note(settings).exists() else "")


def sweep(db: Database, settings: Settings) -> SweepReport:
    """Remove the files that no row names, and finish an erasure that was interrupted."""
    with locks.alone(files_lock(settings)) as free:
        if not free:
            return SweepReport(note=BUSY)
        paths = list(_orphans(db, settings))
        report = _report(paths, "" if pending.finish(db, settings) else remains.UNFINISHED.rstrip("."))
        person_files.remove(paths)
        return report


def _report(paths: list[Path], note: str) -> SweepReport:
    return SweepReport(len(paths), sum(path.stat().st_size for path in paths if path.is_file()), note)


def _orphans(db: Database, settings: Settings) -> Iterator[Path]:
    stored = [(path, match[1]) for path in _stored(settings) if (match := STORED.fullmatch(path.name))]
    of_maps = [(path, person_files.map_of(path)) for path in settings.folder("maps").glob("*.png")]
    with db.read() as session:  # after the files were listed: a row is written after its files
        known = set(session.scalars(select(Image.sha256).distinct()))
    yield from (path for path, sha256 in stored if sha256 not in known or _is_draft_of_import(path))
    yield from (path for path, sha256 in of_maps if sha256 is not None and sha256 not in known)
    left = (*_drafts(settings), *leftovers(settings.home, settings.home.name))
    yield from (path for path in (*left, *leftovers(settings.home.parent, settings.home.name)) if _is_old(path))


def _stored(settings: Settings) -> Iterator[Path]:
    for name in person_files.STORES:
        yield from settings.folder(name).glob("??/*")


def _is_draft_of_import(path: Path) -> bool:
    return path.name.startswith(".") and path.parts[-3] in BY_IMPORTS


def _drafts(settings: Settings) -> Iterator[Path]:
    for name in WRITTEN:
        yield from (path for path in settings.folder(name).rglob(".*") if DRAFT.fullmatch(path.name))
    yield from (path for path in settings.folder("keys").iterdir() if DRAFT_OF_KEY.fullmatch(path.name))


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):  # a draft that was renamed meanwhile
        return time.time() - path.stat().st_mtime > OLD_S
    return False
