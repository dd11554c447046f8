"""Check a home (`rounds doctor`): each check's result, and the way out of each problem."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import func, select, text

from core.errors import UserError
from core.imaging.notes import NOTES
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.images.image_notes import NoteCount, open_notes
from core.services.imports import leftovers
from core.services.workspace.doctor_files import Outcome, checkpoints, originals, orphans_of_home, pixels
from core.services.workspace.doctor_stacks import stacks
from core.services.workspace.home import open_home
from core.settings import Settings
from db import Database, migrations
from db.database import SAFE_WAL, sqlite_module
from db.tables import Base

LOW_DISK = 2 * 1024**3
CLOCK_S = 60.0
TIMES = ("created_at", "heartbeat_at")  # columns with the time of an entry, in any table
BRING_BACK = "restore your newest backup into a new home with `rounds restore FILE --home DIR`"
PATIENCE_S = 5  # wait for a lock: longer than any write of ours, shorter than a person waits


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    detail: str


def run_checks(settings: Settings, launcher: Launcher) -> list[Check]:
    """Open the home and run all checks; a catalogue that cannot be opened is one failed check.

    Raises:
        HomeUnusable: the home's folder does not exist and cannot be made.
    """
    settings.make_home()
    try:
        db = open_home(_with_short_timeout(settings))
    except Exception as error:
        return [*_guarded(BARE, Database(settings.database_url), settings, launcher), _failed("catalogue", error)]
    try:
        return check(db, settings, launcher)
    finally:
        db.close()


def notes_of_home(settings: Settings) -> tuple[NoteCount, ...]:
    """Return what imports noticed, by kind; nothing where the catalogue cannot be opened, which a check says."""
    try:
        db = open_home(_with_short_timeout(settings))
    except Exception:  # run_checks reports it
        return ()
    try:
        return open_notes(db)
    finally:
        db.close()


def _with_short_timeout(settings: Settings) -> Settings:
    url = settings.database_url
    takes_timeout = Database(url).is_sqlite and "?" not in url
    return replace(settings, database_url=f"{url}?timeout={PATIENCE_S}") if takes_timeout else settings


def check(db: Database, settings: Settings, launcher: Launcher) -> list[Check]:
    """Run all checks; a check that raises counts as failed."""
    return list(_guarded(CHECKS, db, settings, launcher))


def _guarded(looks: "tuple[Look, ...]", db: Database, settings: Settings, launcher: Launcher) -> Iterator[Check]:
    for name, look in looks:
        try:
            yield Check(name, *look(db, settings, launcher))
        except Exception as error:  # the doctor reports every problem
            yield _failed(name, error)


def _failed(name: str, error: Exception) -> Check:
    return Check(name, False, str(error) if isinstance(error, UserError) else f"could not be checked: {error}")


def _home(_db: Database, settings: Settings, _launcher: Launcher) -> Outcome:
    mode = settings.home.stat().st_mode & 0o777
    if mode & 0o077:
        return False, f"other users can read {settings.home} (mode {mode:o}); run: chmod 700 {settings.home}"
    return os.access(settings.home, os.W_OK), f"{settings.home}, private to its owner"


def _disk(_db: Database, settings: Settings, _launcher: Launcher) -> Outcome:
    free = shutil.disk_usage(settings.home).free
    way = "" if free > LOW_DISK else "; free some space, or move the home to a larger disk"
    return free > LOW_DISK, f"{free / 1e9:.1f} GB free{way}"


def _schema(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    now, newest = migrations.current(db), migrations.head()
    return now == newest, f"schema {now}" + ("" if now == newest else f", this Rounds knows {newest}")


def _integrity(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    if not db.is_sqlite:
        return True, "managed by the database server"
    with db.read() as session:
        quick_check = session.scalar(text("PRAGMA quick_check"))
        orphans = session.execute(text("PRAGMA foreign_key_check")).first()
    if quick_check == "ok" and orphans is None:
        return True, "pages and references are intact"
    return False, f"{quick_check if quick_check != 'ok' else 'a row refers to a missing row'}; {BRING_BACK}"


def _journal(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    if not db.is_sqlite:
        return True, "not SQLite"
    version = sqlite_module().sqlite_version_info
    with db.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
    expected = "wal" if version >= SAFE_WAL else "delete"
    return mode == expected, f"SQLite {'.'.join(map(str, version))}, journal {mode}"


def _writing(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    with db.transaction() as session:
        session.execute(text("SELECT 1"))  # the first statement takes the write lock
    return True, "the catalogue can be written"


def _notes(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    """Name what imports noticed; a note is no problem of the home, so it never fails."""
    notes = [f"{NOTES[note.kind].title} ({note.count:,})" for note in open_notes(db)]
    return True, f"images to look at on the Images page: {', '.join(notes)}" if notes else "nothing to look at"


def _clock(db: Database, _settings: Settings, _launcher: Launcher) -> Outcome:
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns if column.name in TIMES]
    with db.read() as session:
        times = [session.scalar(select(func.max(column))) or 0.0 for column in columns]
    ahead = max(times) - time.time()
    if ahead > CLOCK_S:
        return False, (
            f"the newest entry is {ahead / 60:.0f} minutes ahead of this machine's clock; set the clock "
            "(no data is lost, but times are wrong)"
        )
    return True, "no entry is ahead of this machine's clock"


def _inbox(db: Database, settings: Settings, _launcher: Launcher) -> Outcome:
    entries, old = len(list(settings.folder("inbox").glob("[!.]*"))), len(leftovers.find(db, settings))
    if old:
        return False, f"{old} sent files, previews or drafts are past their time; they are deleted when Rounds starts"
    return True, f"{entries} lots of sent files, deleted after a day" if entries else "nothing waits for import"


def _jobs(db: Database, _settings: Settings, launcher: Launcher) -> Outcome:
    job_queue.reap_and_wake(db, launcher)
    lost = [job.id for job in job_queue.list_jobs(db) if job.state == "lost"]
    if lost:
        return False, f"lost: {', '.join(map(str, lost))}; resume with `rounds jobs resume {lost[0]}`"
    return True, f"{len(job_queue.unfinished(db))} queued or running"


def _device(_db: Database, _settings: Settings, launcher: Launcher) -> Outcome:
    devices = launcher.devices()
    return True, "no GPU: trainings run on the CPU" if devices == ["cpu"] else ", ".join(devices)


Look = tuple[str, Callable[[Database, Settings, Launcher], Outcome]]
BARE: tuple[Look, ...] = (("home", _home), ("disk", _disk), ("device", _device))
CHECKS: tuple[Look, ...] = (
    *BARE[:2],
    ("schema", _schema),
    ("catalogue", _integrity),
    ("journal", _journal),
    ("writing", _writing),
    ("originals", lambda db, settings, _: originals(db, settings)),
    ("pixels", lambda db, settings, _: pixels(db, settings)),
    ("orphans", lambda db, settings, _: orphans_of_home(db, settings)),
    ("checkpoints", lambda db, settings, _: checkpoints(db, settings)),
    ("notes", _notes),
    ("stacks", lambda db, _settings, _launcher: stacks(db)),
    ("inbox", _inbox),
    ("jobs", _jobs),
    ("clock", _clock),
    *BARE[2:],
)
