"""Restore a backup into a new home (`rounds restore FILE`): verified byte by byte, completely or not at all."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from core.errors import HomeUnusable, InvalidInput, UserError
from core.imaging.staging_folder import draft, is_in_draft, why
from core.services.workspace.backup import CATALOGUE, Contents, count, silent
from core.services.workspace.backup_archive import damaged, unpack
from core.services.workspace.backup_contents import Tell
from core.services.workspace.catalogue_check import bad_value, changed_schema, foreign_object
from core.settings import Settings
from db import Database, migrations
from db.error_codes import CatalogueProblem, classify_error
from db.tables import Image, Job
from db.vocabulary import JobState


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """The result of a restore: what was restored and verified."""

    home: str
    schema: str
    rows: dict[str, int]
    files: dict[str, int]
    compared: str
    notes: tuple[str, ...]


def restore(settings: Settings, path: Path, *, tell: Tell = silent) -> RestoreReport:
    """Restore a backup into an empty home. `tell` receives the number of files done and in total.

    Raises:
        InvalidInput: the file is not a backup, or the catalogue would be outside the home.
        HomeUnusable: the home is not empty, or the backup is newer than this Rounds.
        UserError: the backup is damaged, or the disk is full; then no file remains.
    """
    path, home = path.expanduser().absolute(), settings.home
    _need_empty(settings)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        # Beside the home, to be renamed in one step; a container's volume is a disk of its own.
        with draft(home if home.is_mount() else home.parent, home.name) as folder:
            contents = unpack(path, folder, tell)
            notes = _compare(folder / CATALOGUE, contents, path)
            os.sync()  # once: an fsync for each of many files would take hours
            _move_into(folder, home)
        os.sync()
    except (OSError, DBAPIError) as error:
        reason, way = why(error)
        raise UserError(
            f"The backup {path.name} cannot be restored to {home} ({reason}): {way}, or choose another "
            "home with --home DIR. No file was left behind."
        ) from error
    compared = f"{len(contents.rows)} tables by row count and {len(contents.files)} files by sha256, all equal"
    return RestoreReport(str(home), contents.schema, contents.rows, contents.counts, compared, tuple(notes))


def _need_empty(settings: Settings) -> None:
    home, file = settings.home, Database(settings.database_url).file
    if file is None or file.absolute() != home / CATALOGUE:
        raise InvalidInput("ROUNDS_DATABASE_URL points to a catalogue outside the home; unset it and restore again.")
    if home.exists() and not home.is_dir():
        raise HomeUnusable(f"{home} is a file; choose a folder with --home DIR.")
    existing = next((one for one in home.rglob("*") if not one.is_dir() and not is_in_draft(one)), None)
    if existing:
        raise HomeUnusable(
            f"The home {home} is not empty (it contains {existing.relative_to(home)}), and a restore overwrites "
            "nothing; choose a new home with --home DIR."
        )


def _move_into(folder: Path, home: Path) -> None:
    for empty in sorted((one for one in home.rglob("*") if not is_in_draft(one)), reverse=True):
        with suppress(OSError):
            empty.rmdir()
    if folder.parent != home:
        folder.rename(home)  # the system refuses this if somebody has begun to use it
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == CATALOGUE):  # the catalogue last
        entry.rename(home / entry.name)


def _compare(catalogue: Path, contents: Contents, path: Path) -> list[str]:
    """Compare the catalogue with the manifest, upgrade it to the newest schema and check it; return notes."""
    db = Database(f"sqlite:///{catalogue}")
    try:
        if foreign := foreign_object(db):
            raise damaged(path, f"its catalogue was changed: {foreign}")
        if count(db) != contents.rows or migrations.current(db) != contents.schema:
            raise damaged(path, "the rows of its catalogue do not match")
        migrations.upgrade(db)
        if changed := changed_schema(db, catalogue.parent) or bad_value(db):
            raise damaged(path, f"its catalogue was changed: {changed}")
        return [*_jobs(db), *_images(db, contents.files)]
    except migrations.NewerSchema as error:
        raise HomeUnusable(
            f"The backup {path.name} has schema {error}, newer than this version's {migrations.head()}; restore it "
            "with the newer Rounds."
        ) from error
    except DBAPIError as error:
        if classify_error(error) not in (None, CatalogueProblem.DAMAGED):
            raise  # the bytes are verified, so it is this disk
        raise damaged(path, f"its catalogue cannot be read: {error.orig}") from error
    finally:
        db.close()


def _jobs(db: Database) -> Iterator[str]:
    with db.read() as session:
        running = session.scalar(select(func.count(Job.id)).where(Job.state == JobState.RUNNING))
    if running:
        yield f"{running} jobs that ran during the backup are lost; continue them with `rounds jobs resume ID`."


def _images(db: Database, files: dict[str, str]) -> Iterator[str]:
    with db.read() as session:
        hashes = session.scalars(select(Image.sha256).distinct()).all()
    bad = 0
    for sha256 in hashes:
        original = f"originals/{sha256[:2]}/{sha256}"
        bad += files.get(original) != sha256 and f"{original}.ref" not in files
        bad += f"pixels/{sha256[:2]}/{sha256}.raw" not in files
    if bad:
        yield f"{bad} image files were missing or changed when the backup was made; run `rounds doctor`."
