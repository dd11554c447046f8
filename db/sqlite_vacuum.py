"""Rewrite an SQLite catalogue without the bytes of deleted rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from db.database import Database, sqlite_module


def vacuum(db: Database) -> bool:
    """Rebuild the file, which leaves out deleted rows, and empty its journal; return whether that could be done.

    It cannot while another process writes or reads an older state, nor on a full disk.
    """
    try:
        with _raw(db) as connection:
            connection.execute("VACUUM")
            row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not row or row[0] == 0
    except sqlite_module().Error:
        return False


@contextmanager
def _raw(db: Database) -> Iterator[Any]:
    connection = db.engine.raw_connection()
    try:
        yield connection.driver_connection
    finally:
        connection.close()
