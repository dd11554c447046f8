"""Copy an SQLite catalogue consistently while others write, by SQLite's backup API."""

from contextlib import closing
from pathlib import Path

from db.database import Database, sqlite_module

STEP = 2_000  # pages


def copy(db: Database, to: Path) -> None:
    """Write one state of the catalogue to a file.

    Raises:
        sqlite_module().Error: the copy cannot be written.
    """
    connection = db.engine.raw_connection()
    source = connection.driver_connection
    assert source is not None
    try:
        with closing(sqlite_module().connect(str(to))) as target:
            if source.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                # An open read transaction keeps its state while others write. Without it, each write of another
                # process would restart the copy, which under load would never end.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                source.backup(target, pages=STEP, sleep=0.001)
                source.execute("ROLLBACK")
            else:
                source.backup(target, pages=-1)  # in one step: without WAL a reader blocks writers, briefly
            target.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()
