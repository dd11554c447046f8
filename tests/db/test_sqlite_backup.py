"""A copy of the catalogue is one state of it, however much others write."""

import threading
from itertools import count

import pytest
from sqlalchemy import func, select, text

from db import Database, migrations, sqlite_backup
from db.database import sqlite_module
from db.tables import Project, Reader


@pytest.fixture
def db(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'catalogue.sqlite'}")
    migrations.upgrade(made)
    with made.transaction() as session:
        session.add_all(Project(name=f"{number} {'x' * 500}") for number in range(2000))
    yield made
    made.close()


class Writers:
    """Each writes, in one transaction, a reader and a project of the same name, as fast as it goes."""

    def __init__(self, db: Database, many: int) -> None:
        self.db, self.stop = db, threading.Event()
        self.written: list[str] = []
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(many)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _write(self, connection: int) -> None:
        turn = 0
        while not self.stop.is_set():
            turn += 1
            with self.db.transaction() as session:
                session.add(Reader(name=f"both {connection}-{turn}"))
                session.flush()
                session.add(Project(name=f"both {connection}-{turn}"))
            self.written.append(f"both {connection}-{turn}")


def counts(db: Database) -> tuple[int, int]:
    with db.read() as session:
        return tuple(
            session.scalar(select(func.count(table.id)).where(table.name.startswith("both")))
            for table in (Reader, Project)
        )


def test_it_ends_and_is_whole_while_others_write(db, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_backup, "STEP", 5)  # many steps, with writes between them
    with Writers(db, 3) as writers:
        numbers, meanwhile = count(), 0
        while (number := next(numbers)) < 3 or (meanwhile == 0 and number < 100):
            before = counts(db)[0]
            begun = len(writers.written)
            sqlite_backup.copy(db, tmp_path / f"{number}.sqlite")
            meanwhile += len(writers.written) - begun
            after = counts(db)[0]
            copied = Database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
            readers, projects = counts(copied)
            with copied.read() as session:
                assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            copied.close()
            assert readers == projects
            assert before <= readers <= after
    assert meanwhile > 0
    assert counts(db) == (len(writers.written), len(writers.written))


def test_it_is_one_plain_file(db, tmp_path):
    sqlite_backup.copy(db, tmp_path / "copy.sqlite")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.sqlite"]
    connection = sqlite_module().connect(str(tmp_path / "copy.sqlite"))
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_the_connection_goes_on_after_a_copy_that_failed(db, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(sqlite_module().Error):
        sqlite_backup.copy(db, tmp_path / "folder")
    with db.transaction() as session:
        session.add(Reader(name="after"))
    sqlite_backup.copy(db, tmp_path / "copy.sqlite")
