"""One door to the catalogue: its pragmas, and rival writers and readers."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from db import Database, migrations
from db.database import SAFE_WAL, sqlite_module
from db.queries import project_id
from db.tables import Patient, Reader

WRITERS, EACH = 8, 20


@pytest.fixture
def db(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    migrations.upgrade(database)
    yield database
    database.close()


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(text("SELECT count(*) FROM reader"))


def write(db: Database, writer: int) -> None:
    for number in range(EACH):
        with db.transaction() as session:
            # Read, then write: what a deferred transaction could not do under rivals.
            rows = session.scalar(text("SELECT count(*) FROM reader"))
            session.add(Reader(name=f"{writer}/{number} after {rows}"))


# A test module has no name that a fresh interpreter could import, so it gets its program as text.
PROGRAM = """
import sys
from sqlalchemy import text
from db import Database
from db.tables import Reader
db = Database(sys.argv[1])
for number in range(int(sys.argv[3])):
    with db.transaction() as session:
        there = session.scalar(text("SELECT count(*) FROM reader"))
        session.add(Reader(name=f"{sys.argv[2]}/{number} after {there}"))
"""


def test_wal_only_where_sqlite_is_safe_with_it(db: Database):
    with db.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
    assert mode == ("wal" if sqlite_module().sqlite_version_info >= SAFE_WAL else "delete")


@pytest.mark.parametrize(("version", "mode"), [((3, 51, 2), "delete"), ((3, 51, 3), "wal"), ((3, 52, 0), "wal")])
def test_the_version_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version, mode):
    class Pretended:
        sqlite_version_info = version

        def __getattr__(self, name: str):
            return getattr(sqlite_module(), name)

    monkeypatch.setattr("db.database.sqlite_module", Pretended)
    db = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with db.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == mode
    db.close()


def test_foreign_keys_hold_on_every_connection(db: Database):
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(Patient(project_id=4711, pseudonym="P-NOBODY"))
    with db.engine.connect() as row, db.engine.connect() as other:
        assert [c.scalar(text("PRAGMA foreign_keys")) for c in (row, other)] == [1, 1]
        assert [c.scalar(text("PRAGMA synchronous")) for c in (row, other)] == [2, 2]


def test_eight_threads_write_at_once(db: Database):
    assert all_write(db) == []
    assert count(db) == WRITERS * EACH


def all_write(db: Database) -> list[BaseException]:
    """All writers at one moment, a thread each; what failed."""
    begun, failed = threading.Barrier(WRITERS), []

    def guarded(writer: int) -> None:
        try:
            begun.wait()
            write(db, writer)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_four_processes_write_at_once_and_each_saw_all_before_it(db: Database):
    processes = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, db.url, str(writer), str(EACH)]) for writer in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0] * 4
    with db.read() as session:
        names = session.scalars(text("SELECT name FROM reader ORDER BY id")).all()
    assert [int(name.rsplit(" ", 1)[1]) for name in names] == list(range(4 * EACH))


def test_a_reader_sees_no_half_transaction(db: Database):
    with db.transaction() as session:
        project = project_id(session)
    stop = threading.Event()
    odd: list[int] = []

    def watch() -> None:
        while not stop.is_set():
            with db.read() as session:
                seen = session.scalar(text("SELECT count(*) FROM patient"))
                again = session.scalar(text("SELECT count(*) FROM patient"))
            if seen % 2 or seen != again:
                odd.append(seen)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(60):
        with db.transaction() as session:
            session.add(Patient(project_id=project, pseudonym=f"a{number}"))
            session.flush()
            session.add(Patient(project_id=project, pseudonym=f"b{number}"))
            session.flush()
    stop.set()
    watcher.join()
    assert odd == []


def test_what_fails_is_undone_whole(db: Database):
    def fail() -> None:
        with db.transaction() as session:
            session.add(Reader(name="first"))
            session.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert count(db) == 0


def test_read_keeps_nothing(db: Database):
    with db.read() as session:
        session.add(Reader(name="by mistake"))
        session.flush()
    assert count(db) == 0


def impatient(db: Database, seconds: float) -> Database:
    return Database(f"{db.url}?timeout={seconds}")


def test_writers_of_one_process_take_turns_and_wait_for_no_lock_of_each_other(db: Database, monkeypatch):
    """With no patience for SQLite's lock at all, they would fail if two of them ever met there."""
    monkeypatch.setattr(Database, "_begin", at_once)
    assert all_write(db) == []
    assert count(db) == WRITERS * EACH


def at_once(_db: Database, connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def test_who_waited_for_a_turn_does_not_wait_as_long_again_for_a_stranger(db: Database):
    impatient_db = impatient(db, 0.2)
    with impatient_db._serialised() as whole, impatient_db._serialised() as left:
        assert whole > 0.1
        assert left == 0
    with impatient_db._serialised() as again:
        assert again > 0.1
    impatient_db.close()


def test_a_transaction_within_another_is_refused_and_nothing_hangs(db: Database):
    impatient_db = impatient(db, 0.2)
    with impatient_db.transaction() as session:
        session.add(Reader(name="outer"))
        session.flush()
        with pytest.raises(OperationalError, match="locked"):
            write(impatient_db, 1)
    assert count(impatient_db) == 1
    impatient_db.close()


def test_a_turn_is_given_back_by_who_fails(db: Database):
    impatient_db = impatient(db, 0.2)
    stranger = sqlite_module().connect(str(db.file), isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(OperationalError, match="locked"):
            write(impatient_db, 1)
    stranger.execute("ROLLBACK")
    stranger.close()
    with impatient_db.transaction() as session:
        session.add(Reader(name="after"))
    assert count(impatient_db) == 1
    impatient_db.close()
