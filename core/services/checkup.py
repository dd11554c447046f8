"""`rounds doctor`: what is well, what is not, and the way out."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select, text

from core.imaging.store import Store
from core.launching import Launcher
from core.services import jobs
from core.settings import Settings
from db import Database
from db.database import SAFE_WAL, sqlite_module
from db.tables import Image

LOW_DISK = 2 * 1024**3
SAMPLED = 200


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def check(db: Database, settings: Settings, launcher: Launcher) -> list[Check]:
    """Look at everything; a look that itself fails is a finding, not a crash."""
    return list(_guarded(CHECKS, db, settings, launcher))


def _guarded(looks: "tuple[Look, ...]", db: Database, settings: Settings, launcher: Launcher) -> Iterator[Check]:
    for name, look in looks:
        try:
            yield Check(name, *look(db, settings, launcher))
        except Exception as error:  # the doctor tells, whatever it finds
            yield Check(name, False, f"could not be looked at: {error}")


def _home(_db: Database, settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    mode = settings.home.stat().st_mode & 0o777
    if mode & 0o077:
        return False, f"{settings.home} can be read by other users (mode {mode:o}); run: chmod 700 {settings.home}"
    return os.access(settings.home, os.W_OK), f"{settings.home}, closed to other users"


def _disk(_db: Database, settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    free = shutil.disk_usage(settings.home).free
    way = "" if free > LOW_DISK else "; free some space, or move the home to a larger disk"
    return free > LOW_DISK, f"{free / 1e9:.1f} GB free{way}"


def _schema(db: Database, _settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    from db import migrations

    now, newest = migrations.current(db), migrations.head()
    return now == newest, f"schema {now}" + ("" if now == newest else f", this Rounds knows {newest}")


def _integrity(db: Database, _settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    if not db.is_sqlite:
        return True, "kept by the database server"
    with db.read() as session:
        said = session.scalar(text("PRAGMA quick_check"))
        orphans = session.execute(text("PRAGMA foreign_key_check")).first()
    ok = said == "ok" and orphans is None
    return ok, "pages and references are sound" if ok else f"{said}; restore the newest backup"


def _journal(db: Database, _settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    if not db.is_sqlite:
        return True, "not SQLite"
    version = sqlite_module().sqlite_version_info
    with db.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
    wanted = "wal" if version >= SAFE_WAL else "delete"
    return mode == wanted, f"SQLite {'.'.join(map(str, version))}, journal {mode}"


def _originals(db: Database, settings: Settings, _launcher: Launcher) -> tuple[bool, str]:
    store = Store(settings.home)
    with db.read() as session:
        hashes = sorted(set(session.scalars(select(Image.sha256).distinct())))
    step = max(1, len(hashes) // SAMPLED)
    bad = [sha256 for sha256 in hashes[::step] if not _is_whole(store, sha256)]
    looked = len(hashes[::step])
    if bad:
        return (
            False,
            f"{len(bad)} of {looked} originals looked at are gone or changed, such as {bad[0][:12]}; import them again",
        )
    return True, f"{looked} of {len(hashes)} looked at, all unchanged"


def _is_whole(store: Store, sha256: str) -> bool:
    try:
        return store.verify(sha256)
    except Exception:  # gone or unreadable is the same answer here
        return False


def _jobs(db: Database, _settings: Settings, launcher: Launcher) -> tuple[bool, str]:
    jobs.look(db, launcher)
    lost = [job.id for job in jobs.every(db) if job.state == "lost"]
    if lost:
        return False, f"lost: {', '.join(map(str, lost))}; go on with `rounds jobs resume {lost[0]}`"
    return True, f"{len(jobs.unfinished(db))} queued or running"


def _device(_db: Database, _settings: Settings, launcher: Launcher) -> tuple[bool, str]:
    devices = launcher.devices()
    return True, "no graphics card found: trainings run on the CPU" if devices == ["cpu"] else ", ".join(devices)


Look = tuple[str, Callable[[Database, Settings, Launcher], tuple[bool, str]]]
CHECKS: tuple[Look, ...] = (
    ("home", _home), ("disk", _disk), ("schema", _schema), ("catalogue", _integrity), ("journal", _journal),
    ("originals", _originals), ("jobs", _jobs), ("device", _device),
)  # fmt: skip
