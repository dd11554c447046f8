"""Rewrite an SQLite catalogue without the bytes of deleted rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from db.database import Database


def vacuum(db: Database) -> bool:
    """Rebuild the file, which leaves out deleted rows, and empty its journal; return whether the journal is empty.

    It is not while another process reads an older state.

    Raises:
        sqlite_module().Error: the file cannot be written, for example to a full disk.
    """
    with _raw(db) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not row or row[0] == 0


@contextmanager
def _raw(db: Database) -> Iterator[Any]:
    connection = db.engine.raw_connection()
    try:
        yield connection.driver_connection
    finally:
        connection.close()
