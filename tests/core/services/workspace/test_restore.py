"""A restore gives back what was backed up, into an empty home, or refuses in one sentence and leaves nothing."""

import hashlib
import io
import json
import random
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import HomeUnusable, InvalidInput, UserError
from core.imaging.staging_folder import ENDING
from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.training import runs
from core.services.workspace import backup, doctor, restore
from core.services.workspace.home import open_home
from core.settings import FOLDERS, Settings
from db import Database
from db.tables import Base, Job
from db.vocabulary import Answer, JobKind, JobState

DEEP = b"[" * 100_000 + b"]" * 100_000  # JSON that no parser follows to its end
RESTORED = ("originals", "pixels", "runs", "keys")


@pytest.fixture
def new(tmp_path) -> Settings:
    """Where a home may come to be: its parent holds nothing else."""
    (tmp_path / "new").mkdir()
    return Settings(tmp_path / "new" / "home", f"sqlite:///{tmp_path / 'new' / 'home' / 'catalogue.sqlite'}")


@pytest.fixture
def file(filled, tmp_path) -> Path:
    backup.make(filled.db, filled.settings, tmp_path / "one.backup")
    return tmp_path / "one.backup"


def files_of(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for name in RESTORED
        for path in (home / name).rglob("*")
        if path.is_file()
    }


def rows_of(db: Database) -> dict[str, list[tuple]]:
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()))) for table in Base.metadata.tables.values()
        }


def parts(file: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(file) as tar:
        return [(member.name, tar.extractfile(member).read()) for member in tar]


def packed(file: Path, members: list[tuple[str | tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, data in members:
            result = tarfile.TarInfo(name) if isinstance(name, str) else name
            result.size = len(data)
            tar.addfile(result, io.BytesIO(data))
    return file


def refused(new: Settings, file: Path, kind: type[UserError]) -> str:
    """One sentence, and nothing where the home would be."""
    with pytest.raises(kind) as caught:
        restore.restore(new, file)
    assert list(new.home.parent.iterdir()) == []
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_all_is_there_again_to_the_last_byte_and_row(trained, new, tmp_path):
    backup.make(trained.db, trained.settings, tmp_path / "one.backup")
    message = restore.restore(new, tmp_path / "one.backup")
    assert files_of(new.home) == files_of(trained.settings.home)
    db = open_home(new)
    assert rows_of(db) == rows_of(trained.db)
    assert message.rows == backup.count(trained.db)
    assert sum(message.files.values()) == len(files_of(new.home)) + 1
    assert (message.home, message.notes) == (str(new.home), ())
    assert "all equal" in message.compared
    db.close()


def test_the_restored_home_is_well_and_closed_to_others(trained, new, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "LOW_DISK", 0)
    backup.make(trained.db, trained.settings, tmp_path / "one.backup")
    restore.restore(new, tmp_path / "one.backup")
    assert [check for check in doctor.run_checks(new, LocalLauncher(new)) if not check.ok] == []
    open_to_others = [path for path in [new.home, *new.home.rglob("*")] if path.stat().st_mode & 0o077]
    assert [path for path in open_to_others if path.parts[-2] not in FOLDERS or path.is_file()] == []
    assert {path.stat().st_mode & 0o777 for path in (new.home / "originals").glob("*/*")} == {0o400}


def test_one_can_go_on_in_it(filled, file, new, pictures):
    restore.restore(new, file)
    db = open_home(new)
    task = tasks.task_named(db, "kind")
    case = annotations.queue(db, task_id=task.id, limit=1)[0]
    annotations.label(db, case_id=case.id, answer=Answer.LABEL, label=1, by="Ann", key="label:12345678")
    from tests.core.conftest import Home

    again = Home(db, new).take(pictures, metadata=pictures / "data.csv")
    assert (again.imported, again.known) == (0, 12)
    patients = {case.patient for case in annotations.queue(filled.db, task_id=task.id, limit=12)}
    assert {case.patient for case in annotations.queue(db, task_id=task.id, limit=12)} == patients
    db.close()


@pytest.mark.parametrize("existing", [(), FOLDERS])
def test_an_empty_folder_may_be_there_already(file, new, existing):
    new.home.mkdir()
    for name in existing:
        (new.home / name).mkdir()
    restore.restore(new, file)
    assert sorted(path.name for path in new.home.parent.iterdir()) == ["home"]
    assert {path.name for path in new.home.iterdir()} == {"catalogue.sqlite", "originals", "pixels", "keys"}


def test_where_the_home_is_a_disk_of_its_own_all_is_made_inside(file, new, monkeypatch):
    new.home.mkdir()
    left = new.home / f".home.killed{ENDING}" / "originals"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"of one that was killed")
    monkeypatch.setattr(Path, "is_mount", lambda path: path == new.home)
    inode = new.home.stat().st_ino
    restore.restore(new, file)
    assert new.home.stat().st_ino == inode
    assert {path.name for path in new.home.iterdir()} == {"catalogue.sqlite", "originals", "pixels", "keys"}


def test_a_home_that_is_not_empty_stays_as_it_is(filled, file):
    before, rows = files_of(filled.settings.home), rows_of(filled.db)
    with pytest.raises(HomeUnusable, match=r"is not empty .* choose a new home with --home DIR"):
        restore.restore(filled.settings, file)
    assert (files_of(filled.settings.home), rows_of(filled.db)) == (before, rows)


def test_a_file_where_the_home_should_be_is_said(file, new):
    new.home.write_bytes(b"precious")
    with pytest.raises(HomeUnusable, match="is a file"):
        restore.restore(new, file)
    assert new.home.read_bytes() == b"precious"


def test_somebody_who_begins_to_use_the_home_meanwhile_keeps_it(file, new):
    def meanwhile(done: int, _all: int) -> None:
        if done == 5:
            new.home.mkdir()
            (new.home / "mine").write_bytes(b"precious")

    with pytest.raises(UserError, match="cannot be restored"):
        restore.restore(new, file, tell=meanwhile)
    assert [path.name for path in new.home.parent.iterdir()] == ["home"]
    assert (new.home / "mine").read_bytes() == b"precious"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://somebody@localhost/rounds", "sqlite:////elsewhere/catalogue.sqlite"]
)
def test_a_catalogue_outside_the_home_is_not_written(file, new, url):
    assert "unset it" in refused(Settings(new.home, url), file, InvalidInput)


@pytest.mark.parametrize("content", [b"", b"Dear colleague" * 100, b"\x1f\x8b" + bytes(600), bytes(20_000)])
def test_what_is_no_backup_is_said(new, tmp_path, content):
    (tmp_path / "letter").write_bytes(content)
    assert "letter" in refused(new, tmp_path / "letter", UserError)


def test_what_is_not_there_or_a_folder_is_said(new, tmp_path):
    assert "No such file" in refused(new, tmp_path / "nowhere", InvalidInput)
    assert "directory" in refused(new, tmp_path, InvalidInput)


def test_another_tar_is_no_backup(new, tmp_path):
    other = packed(tmp_path / "other.tar", [("README.md", b"hello")])
    assert "'README.md', which no backup of Rounds contains" in refused(new, other, InvalidInput)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/tmp/outside",
        "originals/../../outside",
        "originals/ab/../../../outside",
        "runs/1/../../outside",
        "runs/1/.hidden",
        "keys/../x.key",
        "catalogue.sqlite/x",
        "originals/zz/x",
        "keys/x.key\n",
        "runs/1/x/y",
        "",
    ],
)
def test_no_name_leads_out_of_the_home(file, new, tmp_path, name):
    bad = packed(tmp_path / "bad", [(name, b"outside"), *parts(file)])
    assert f"bad contains {name!r}, which no backup of Rounds contains" in refused(new, bad, InvalidInput)
    assert not (tmp_path / "outside").exists()
    assert not (new.home.parent / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_leave_the_archive(file, new, tmp_path, kind):
    odd = tarfile.TarInfo("runs/1/log")
    odd.type, odd.linkname = kind, "/etc/passwd"
    bad = packed(tmp_path / "bad", [(odd, b""), *parts(file)])
    assert "'runs/1/log', which no backup" in refused(new, bad, InvalidInput)


def test_a_name_that_stands_twice_is_refused(file, new, tmp_path):
    members = parts(file)
    assert "which no backup" in refused(new, packed(tmp_path / "bad", [members[0], *members]), InvalidInput)


def test_what_its_list_does_not_name_and_what_it_lacks_is_damage(file, new, tmp_path):
    members = parts(file)
    more = packed(tmp_path / "more", [("runs/1/extra", b"x"), *members])
    assert "(runs/1/extra is missing in the archive or in its manifest)" in refused(new, more, UserError)
    less = packed(tmp_path / "less", members[1:])
    assert f"({members[0][0]} is missing in the archive" in refused(new, less, UserError)


@pytest.mark.parametrize(
    "list_", [b"", b"{", b"[]", b"null", b"{}", b'{"schema": 1, "rows": [1], "files": 2}', b"\xff", DEEP]
)
def test_a_list_of_contents_that_cannot_be_read_is_damage(file, new, tmp_path, list_):
    bad = packed(tmp_path / "bad", [(name, list_ if name == "manifest.json" else data) for name, data in parts(file)])
    assert "its manifest cannot be read" in refused(new, bad, UserError)


def test_a_catalogue_without_the_rows_it_had_is_damage(file, new, tmp_path):
    members = dict(parts(file))
    result = json.loads(members["manifest.json"])
    result["rows"]["annotation"] += 1
    bad = packed(tmp_path / "bad", [*(members | {"manifest.json": json.dumps(result).encode()}).items()])
    assert "the rows of its catalogue do not match" in refused(new, bad, UserError)


def forged(file: Path, to: Path, *statements: str) -> Path:
    """A backup whose catalogue somebody changed, and whose manifest says what is in it now."""
    members, catalogue = dict(parts(file)), to.with_suffix(".sqlite")
    catalogue.write_bytes(members["catalogue.sqlite"])
    manifest = json.loads(members["manifest.json"])
    with closing(sqlite3.connect(catalogue)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%sqlite_sequence%'"
            )
        ]
        manifest["rows"] = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    data = catalogue.read_bytes()
    manifest["files"]["catalogue.sqlite"] = hashlib.sha256(data).hexdigest()
    changed = {"catalogue.sqlite": data, "manifest.json": json.dumps(manifest).encode()}
    return packed(to, [*(members | changed).items()])


TRIGGER = "CREATE TRIGGER gone AFTER INSERT ON reader BEGIN DELETE FROM annotation; END"
IMAGE = "UPDATE image SET {} WHERE id = 1"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (TRIGGER, "it has a trigger 'gone'"),
        ("CREATE VIEW looks AS SELECT * FROM image", "it has a view 'looks'"),
        ("CREATE VIRTUAL TABLE words USING fts5(text)", "it has a virtual table 'words'"),
        ("CREATE TABLE more (id INTEGER)", "its table 'more' is not one of Rounds"),
        ("CREATE INDEX more ON image (name)", "its index 'more' is not one of Rounds"),
        ("DROP INDEX image_patient", "its index 'image_patient' is not one of Rounds"),
        ("ALTER TABLE fact ADD COLUMN more INTEGER DEFAULT 1", "its table 'fact' is not one of Rounds"),
        (IMAGE.format("sha256 = '../../../../../../etc/passwd'"), "a sha256 of its table 'image'"),
        (IMAGE.format("sha256 = upper(sha256)"), "a sha256 of its table 'image'"),
        (IMAGE.format("pixel_sha256 = ''"), "a pixel_sha256 of its table 'image'"),
        (IMAGE.format("name = x'00ff'"), "a name of its table 'image'"),
        (IMAGE.format("\"offset\" = 'far'"), "a offset of its table 'image'"),
        (IMAGE.format(f"format = '{DEEP.decode()}'"), "a row of its table 'image' cannot be read"),
        (IMAGE.format("attributes = '{'"), "a row of its table 'image' cannot be read"),
        ("PRAGMA ignore_check_constraints = 1", ""),
    ],
)
def test_a_forged_catalogue_is_refused_with_what_is_wrong(file, new, tmp_path, statement, words):
    bad = forged(file, tmp_path / "bad", statement)
    if words:
        assert f"(its catalogue was changed: {words}" in refused(new, bad, UserError)
    else:  # what `forged` itself does is no fault
        assert "all equal" in restore.restore(new, bad).compared


def test_what_rows_and_files_are_equal_to_is_true_after_the_restore(file, new):
    report = restore.restore(new, file)
    db = open_home(new)
    assert backup.count(db) == report.rows
    db.close()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("keys/pseudonym.key", b"short"),
        (f"originals/ab/{'ab' * 32}.ref", b"../../etc/passwd"),
        (f"originals/ab/{'ab' * 32}.ref", b"/data/../etc/passwd"),
        (f"originals/ab/{'ab' * 32}.ref", b"/a\0b"),
        (f"originals/ab/{'ab' * 32}.ref", b"/\xff"),
        (f"originals/ab/{'ab' * 32}.ref", b"/" * 20_000),
    ],
)
def test_a_key_or_a_link_of_another_form_is_refused(file, new, tmp_path, name, data):
    members = dict(parts(file)) | {name: data}
    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = hashlib.sha256(data).hexdigest()
    bad = packed(tmp_path / "bad", [*(members | {"manifest.json": json.dumps(manifest).encode()}).items()])
    assert f"({name} does not contain what Rounds writes there)" in refused(new, bad, UserError)


def test_a_manifest_longer_than_its_files_need_is_damage(file, new, tmp_path):
    members = dict(parts(file))
    members["manifest.json"] = members["manifest.json"][:-1] + b" " * 200_000 + b"}"
    assert "its manifest cannot be read" in refused(new, packed(tmp_path / "bad", [*members.items()]), UserError)


def test_cut_off_anywhere_it_is_damaged_and_nothing_is_left(file, new, tmp_path):
    whole = file.read_bytes()
    last = len(whole.rstrip(b"\0"))
    chance = random.Random(5)
    for length in [*(chance.randrange(600, last) for _ in range(40)), last - 1, 600, 512, 511, 100]:
        (tmp_path / "cut").write_bytes(whole[:length])
        message = refused(new, tmp_path / "cut", UserError)
        assert "is damaged" in message or "is not a backup" in message


def test_a_byte_changed_anywhere_is_found(file, new, tmp_path):
    """Whatever one byte of content or of a name is turned into, the restore refuses in one sentence."""
    whole, chance = file.read_bytes(), random.Random(6)
    with tarfile.open(file) as tar:
        members = [(member.offset_data, member.size, member.offset) for member in tar]
    for _ in range(60):
        start, size, header = chance.choice(members)
        at = chance.choice([header + chance.randrange(100), start + chance.randrange(size)])
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        (tmp_path / "changed").write_bytes(changed)
        try:
            refused(new, tmp_path / "changed", UserError)
        except pytest.fail.Exception:
            pytest.fail(f"byte {at} changed, and nobody saw it")


def test_a_backup_of_a_newer_rounds_is_said(filled, new, tmp_path):
    with filled.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    backup.make(filled.db, filled.settings, tmp_path / "newer")
    message = refused(new, tmp_path / "newer", HomeUnusable)
    assert "9999" in message
    assert "restore it with the newer Rounds" in message


def test_what_was_gone_already_is_said_again(filled, new, tmp_path):
    from core.imaging.store import Store

    store = Store(filled.settings.home)
    item, other, *_ = images.page(filled.db, images.Filter())
    store.pixels(item.sha256).unlink()
    store.original(other.sha256).chmod(0o600)
    store.original(other.sha256).write_bytes(b"changed")
    backup.make(filled.db, filled.settings, tmp_path / "one")
    notes = restore.restore(new, tmp_path / "one").notes
    assert len(notes) == 1
    assert notes[0].startswith("2 image files were missing or changed")


def test_originals_outside_the_home_are_not_missed(home, pictures, new, tmp_path):
    home.take(pictures, metadata=pictures / "data.csv", reference=True)
    backup.make(home.db, home.settings, tmp_path / "one")
    assert restore.restore(new, tmp_path / "one").notes == ()


def test_a_job_that_ran_is_lost_there_and_can_be_resumed(trained, new, tmp_path):
    with trained.db.transaction() as session:
        waits = job_queue.add(session, JobKind.IMPORT, {}, key="waits")
        session.flush()
        session.get_one(Job, 1).state = JobState.RUNNING
    backup.make(trained.db, trained.settings, tmp_path / "one")
    assert "1 jobs that ran during the backup are lost" in restore.restore(new, tmp_path / "one").notes[0]
    db = open_home(new)

    class Asleep:
        def wake(self) -> None:
            pass

        def alive(self, job_id: int) -> bool:
            return False

    job_queue.reap_and_wake(db, Asleep())
    assert job_queue.get(db, 1).state is JobState.LOST
    assert job_queue.get(db, waits.id).state is JobState.QUEUED
    assert runs.get(db, 1).job is not None
    db.close()
