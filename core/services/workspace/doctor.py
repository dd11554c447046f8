"""`rounds doctor`: what is well, what is not, and the way out."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import func, select, text

from core.errors import UserError
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.workspace.doctor_files import Found, checkpoints, originals, pixels
from core.services.workspace.home import open_home
from core.settings import Settings
from db import Database, migrations
from db.database import SAFE_WAL, sqlite_module
from db.tables import Annotation, Image, Job

LOW_DISK = 2 * 1024**3
CLOCK_S = 60.0
BRING_BACK = "bring your newest backup into a new home with `rounds restore FILE --home DIR`"
PATIENCE_S = 5  # for a lock: longer than any write of ours, shorter than a person waits


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def run_checks(settings: Settings, launcher: Launcher) -> list[Check]:
    """Open the home and look at everything; what cannot be opened is a finding among the others.

    Raises:
        HomeUnusable: there is no folder to look at.
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


def _with_short_timeout(settings: Settings) -> Settings:
    url = settings.database_url
    mine = Database(url).is_sqlite and "?" not in url
    return replace(settings, database_url=f"{url}?timeout={PATIENCE_S}") if mine else settings


def check(db: Database, settings: Settings, launcher: Launcher) -> list[Check]:
    """Look at everything; a look that itself fails is a finding, not a crash."""
    return list(_guarded(CHECKS, db, settings, launcher))


def _guarded(looks: "tuple[Look, ...]", db: Database, settings: Settings, launcher: Launcher) -> Iterator[Check]:
    for name, look in looks:
        try:
            yield Check(name, *look(db, settings, launcher))
        except Exception as error:  # the doctor tells, whatever it finds
            yield _failed(name, error)


def _failed(name: str, error: Exception) -> Check:
    return Check(name, False, str(error) if isinstance(error, UserError) else f"could not be looked at: {error}")


def _home(_db: Database, settings: Settings, _launcher: Launcher) -> Found:
    mode = settings.home.stat().st_mode & 0o777
    if mode & 0o077:
        return False, f"{settings.home} can be read by other users (mode {mode:o}); run: chmod 700 {settings.home}"
    return os.access(settings.home, os.W_OK), f"{settings.home}, closed to other users"


def _disk(_db: Database, settings: Settings, _launcher: Launcher) -> Found:
    free = shutil.disk_usage(settings.home).free
    way = "" if free > LOW_DISK else "; free some space, or move the home to a larger disk"
    return free > LOW_DISK, f"{free / 1e9:.1f} GB free{way}"


def _schema(db: Database, _settings: Settings, _launcher: Launcher) -> Found:
    now, newest = migrations.current(db), migrations.head()
    return now == newest, f"schema {now}" + ("" if now == newest else f", this Rounds knows {newest}")


def _integrity(db: Database, _settings: Settings, _launcher: Launcher) -> Found:
    if not db.is_sqlite:
        return True, "kept by the database server"
    with db.read() as session:
        said = session.scalar(text("PRAGMA quick_check"))
        orphans = session.execute(text("PRAGMA foreign_key_check")).first()
    if said == "ok" and orphans is None:
        return True, "pages and references are sound"
    return False, f"{said if said != 'ok' else 'a row names what is not there'}; {BRING_BACK}"


def _journal(db: Database, _settings: Settings, _launcher: Launcher) -> Found:
    if not db.is_sqlite:
        return True, "not SQLite"
    version = sqlite_module().sqlite_version_info
    with db.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
    wanted = "wal" if version >= SAFE_WAL else "delete"
    return mode == wanted, f"SQLite {'.'.join(map(str, version))}, journal {mode}"


def _writing(db: Database, _settings: Settings, _launcher: Launcher) -> Found:
    with db.transaction() as session:
        session.execute(text("SELECT 1"))  # the write lock is taken with the first statement
    return True, "the catalogue can be written"


def _clock(db: Database, _settings: Settings, _launcher: Launcher) -> Found:
    newest = [select(one.created_at).order_by(one.id.desc()).limit(1) for one in (Annotation, Image, Job)]
    with db.read() as session:
        told = [session.scalar(one) or 0.0 for one in (*newest, select(func.max(Job.heartbeat_at)))]
    ahead = max(told) - time.time()
    if ahead > CLOCK_S:
        return False, (
            f"the newest entry is {ahead / 60:.0f} minutes ahead of this machine's clock: set the clock; "
            "nothing is lost, but times are wrong"
        )
    return True, "no entry is ahead of this machine's clock"


def _jobs(db: Database, _settings: Settings, launcher: Launcher) -> Found:
    job_queue.reap_and_wake(db, launcher)
    lost = [job.id for job in job_queue.list_jobs(db) if job.state == "lost"]
    if lost:
        return False, f"lost: {', '.join(map(str, lost))}; go on with `rounds jobs resume {lost[0]}`"
    return True, f"{len(job_queue.unfinished(db))} queued or running"


def _device(_db: Database, _settings: Settings, launcher: Launcher) -> Found:
    devices = launcher.devices()
    return True, "no graphics card found: trainings run on the CPU" if devices == ["cpu"] else ", ".join(devices)


Look = tuple[str, Callable[[Database, Settings, Launcher], Found]]
BARE: tuple[Look, ...] = (("home", _home), ("disk", _disk), ("device", _device))
CHECKS: tuple[Look, ...] = (
    *BARE[:2],
    ("schema", _schema),
    ("catalogue", _integrity),
    ("journal", _journal),
    ("writing", _writing),
    ("originals", lambda db, settings, _: originals(db, settings)),
    ("pixels", lambda db, settings, _: pixels(db, settings)),
    ("checkpoints", lambda db, settings, _: checkpoints(db, settings)),
    ("jobs", _jobs),
    ("clock", _clock),
    *BARE[2:],
)
