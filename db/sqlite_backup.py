"""A consistent copy of an SQLite catalogue while others go on writing, by SQLite's own backup."""

from contextlib import closing
from pathlib import Path

from db.database import Database, sqlite_module

STEP = 2_000  # pages


def copy(db: Database, to: Path) -> None:
    """One state of the catalogue as a file of its own.

    Raises:
        sqlite_module().Error: the copy cannot be written.
    """
    door = db.engine.raw_connection()
    source = door.driver_connection
    assert source is not None
    try:
        with closing(sqlite_module().connect(str(to))) as target:
            if source.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                # A read held open stays at its state while others write; without it every write of another
                # process would begin the copy again, and under load it would never end.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                source.backup(target, pages=STEP, sleep=0.001)
                source.execute("ROLLBACK")
            else:
                source.backup(target, pages=-1)  # in one step: here a reader keeps writers out, for a moment
            target.execute("PRAGMA journal_mode = DELETE")
    finally:
        door.close()
