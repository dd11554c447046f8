"""The one door to the catalogue: an engine with the right pragmas, read() and transaction()."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

# Below this, WAL can corrupt the file when several processes write and checkpoint (sqlite.org/wal.html).
SAFE_WAL = (3, 51, 3)
BUSY_MS = 30_000


def sqlite_module() -> ModuleType:
    """The newest SQLite at hand: the bundled library where it is newer than Python's own."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2 if dbapi2.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


class Database:
    """A catalogue by URL. Cheap to make; the engine is built at first use and is safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def engine(self) -> Engine:
        """The engine, with foreign keys, a busy timeout and full synchronisation on every SQLite connection."""
        if not self.is_sqlite:
            return create_engine(self.url, pool_pre_ping=True)
        module = sqlite_module()
        engine = create_engine(self.url, module=module, connect_args={"timeout": BUSY_MS / 1000})
        wal = module.sqlite_version_info >= SAFE_WAL
        event.listen(engine, "connect", lambda connection, _: _prepare(connection, wal=wal))
        event.listen(engine, "begin", _begin)
        return engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the catalogue is a file of ours."""
        return make_url(self.url).get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None for a server."""
        name = make_url(self.url).database
        return Path(name) if self.is_sqlite and name else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the catalogue and writes nothing."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing ends the read without expiring what was read

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that takes the write lock at once and commits at the end, or undoes everything."""
        writing = self.engine.execution_options(writes=True)
        with Session(writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def _prepare(connection: Any, *, wal: bool) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    for pragma in (
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_MS}",
        f"journal_mode = {'WAL' if wal else 'DELETE'}",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Any) -> None:
    # A deferred BEGIN that later writes fails with "database is locked" under rival writers; IMMEDIATE waits.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
