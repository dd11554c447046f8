"""Open the catalogue: an engine with the right pragmas, read() and transaction()."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.error_codes import ErrorFactory, classify_error

# Below this, WAL can corrupt the file when several processes write and checkpoint (sqlite.org/wal.html).
SAFE_WAL = (3, 51, 3)
BUSY_S = 30.0


def sqlite_module() -> ModuleType:
    """Return the newest SQLite module: the bundled library if it is newer than Python's own."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2 if dbapi2.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


class Database:
    """A catalogue by URL. The engine is built at first use and is safe to share between threads.

    `?timeout=` in an SQLite URL is the lock timeout in seconds.
    """

    def __init__(self, url: str, *, error_factory: ErrorFactory | None = None) -> None:
        """Take the URL, and a function that returns the error to raise for a CatalogueProblem."""
        self.url, self.error_factory = url, error_factory
        self._write_lock = threading.Lock()

    @cached_property
    def engine(self) -> Engine:
        """The engine, with foreign keys, a busy timeout and full synchronisation on every SQLite connection."""
        if not self.is_sqlite:
            engine = create_engine(self.url, pool_pre_ping=True)
        else:
            module = sqlite_module()
            engine = create_engine(self.url, module=module, connect_args={"timeout": self.busy_s})
            wal = module.sqlite_version_info >= SAFE_WAL
            event.listen(engine, "connect", lambda connection, _: _prepare(connection, wal=wal, busy_s=self.busy_s))
            event.listen(engine, "begin", self._begin)
        event.listen(engine, "handle_error", self._translate_error, retval=True)
        return engine

    @cached_property
    def busy_s(self) -> float:
        """The lock timeout in seconds."""
        timeout = make_url(self.url).query.get("timeout", "")
        return float(timeout) if isinstance(timeout, str) and timeout.replace(".", "", 1).isdigit() else BUSY_S

    @cached_property
    def is_sqlite(self) -> bool:
        """Whether the catalogue is an SQLite file."""
        return make_url(self.url).get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None for a server."""
        name = make_url(self.url).database
        return Path(name) if self.is_sqlite and name else None

    @property
    def name(self) -> str:
        """The name for messages: the file, or the server's URL without its password."""
        return str(self.file or make_url(self.url).render_as_string(hide_password=True))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read-only session on one state of the catalogue."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing ends the read without expiring what was read

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that takes the write lock at once, and commits at the end or rolls back on an error."""
        with self._serialised() as patience_s:
            writing = self.engine.execution_options(writes=True, patience_s=patience_s)
            with Session(writing, expire_on_commit=False) as session, session.begin():
                yield session

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def _serialised(self) -> Iterator[float]:
        """Serialise the writers of this process; yield the seconds left to wait for other processes.

        SQLite has no queue: a blocked writer sleeps and retries, so that one of ten writers would wait for seconds.
        """
        start = time.monotonic()
        acquired = self.is_sqlite and self._write_lock.acquire(timeout=self.busy_s)
        try:
            yield max(0.0, self.busy_s - (time.monotonic() - start))
        finally:
            if acquired:
                self._write_lock.release()

    def _begin(self, connection: Any) -> None:
        options = connection.get_execution_options()
        patience_ms = round(options.get("patience_s", self.busy_s) * 1000)
        if connection.info.get("patience_ms") != patience_ms:  # the current timeout of this connection
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience_ms}")
            connection.info["patience_ms"] = patience_ms
        # A deferred BEGIN that later writes fails with "database is locked" under rival writers; IMMEDIATE waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    def _translate_error(self, context: ExceptionContext) -> BaseException | None:
        error = context.sqlalchemy_exception
        problem = classify_error(error) if isinstance(error, DBAPIError) else None
        return self.error_factory(problem) if self.error_factory and problem else None


def _prepare(connection: Any, *, wal: bool, busy_s: float) -> None:
    connection.isolation_level = None  # BEGIN is explicit, see _begin
    for pragma in (
        "foreign_keys = ON",
        f"busy_timeout = {round(busy_s * 1000)}",
        f"journal_mode = {'WAL' if wal else 'DELETE'}",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
