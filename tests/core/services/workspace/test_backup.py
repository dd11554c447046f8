"""A backup holds all that cannot be made again, at one moment, while others go on writing."""

import hashlib
import json
import tarfile
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from core.errors import InvalidInput, UserError
from core.imaging.store import Store
from core.jobs import job_queue
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.imports import import_request
from core.services.training import runs
from core.services.workspace import backup
from core.settings import Settings
from db import Database
from db.tables import Annotation, Checkpoint
from db.vocabulary import Answer


@pytest.fixture
def file(tmp_path):
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf" / "rounds.backup"


def archive_contents(file) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


@contextmanager
def catalogue(file, tmp_path):
    """The catalogue that lies in a backup, open."""
    (tmp_path / "taken.sqlite").write_bytes(archive_contents(file)["catalogue.sqlite"])
    db = Database(f"sqlite:///{tmp_path / 'taken.sqlite'}")
    yield db
    db.close()


def test_it_holds_every_file_that_cannot_be_made_again_under_its_hash(trained, file):
    message = backup.make(trained.db, trained.settings, file)
    inside, home = archive_contents(file), trained.settings.home
    contents = json.loads(inside.pop("manifest.json"))
    assert contents["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in inside.items()}
    expected = {
        path.relative_to(home).as_posix()
        for folder in ("originals", "pixels", "runs", "keys")
        for path in (home / folder).rglob("*")
        if path.is_file()
    }
    assert {"originals", "pixels", "runs", "keys"} == {name.split("/")[0] for name in expected}
    assert set(inside) == {*expected, "catalogue.sqlite"}
    assert [name for name in expected if inside[name] != (home / name).read_bytes()] == []
    assert contents["rows"] == backup.count(trained.db) == message.rows
    assert (message.bytes, message.notes) == (file.stat().st_size, ())
    assert "protect it like the home itself" in message.care


def test_it_is_closed_to_others_and_leaves_nothing_beside_it(filled, file):
    backup.make(filled.db, filled.settings, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_it_holds_no_thumbnail_map_cache_log_or_half_written_file(trained, file):
    home = trained.settings.home
    for path in ("thumbnails/x.jpg", "maps/x.png", "cache/x", "jobs/launch.log", "runs/1/.best.safetensors.123"):
        (home / path).parent.mkdir(exist_ok=True)
        (home / path).write_bytes(b"x")
    backup.make(trained.db, trained.settings, file)
    assert {name.split("/")[0] for name in archive_contents(file)} == {
        "catalogue.sqlite",
        "originals",
        "pixels",
        "runs",
        "keys",
        "manifest.json",
    }
    assert [name for name in archive_contents(file) if "/." in name] == []


def test_what_is_written_meanwhile_is_not_half_in_it(filled, file, tmp_path, pictures):
    """Labels and an image come while the files are packed: the backup is of the moment it began."""
    before, task, came = backup.count(filled.db), tasks.task_named(filled.db, "kind"), []

    def meanwhile(done: int, _all: int) -> None:
        case = annotations.queue(filled.db, task_id=task.id, limit=1)[0]
        annotations.label(filled.db, case_id=case.id, answer=Answer.LABEL, label=1, by="Ann", key=f"label:{done:08}")
        if done == 3:
            (tmp_path / "late").mkdir()
            (tmp_path / "late" / "late.png").write_bytes((pictures / "p00.png").read_bytes() + b"late")
            came.append(filled.take(tmp_path / "late").imported)

    message = backup.make(filled.db, filled.settings, file, tell=meanwhile)
    assert came == [1]
    assert message.rows == before
    assert backup.count(filled.db)["annotation"] > before["annotation"]
    with catalogue(file, tmp_path) as copied, copied.read() as session:
        assert backup.count(copied) == before
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert session.scalar(select(func.count(Annotation.id))) == before["annotation"]
    assert message.files["originals"] == message.files["pixels"] == 12


def test_weights_newer_than_the_copied_catalogue_get_their_row(trained, file, tmp_path):
    """A training saves an epoch between the copy of the catalogue and the reading of its folder."""
    folder = runs.folder(trained.settings, 1)
    ahead = folder / "last.safetensors"
    assert backup.make(trained.db, trained.settings, tmp_path / "one").notes == ()
    with trained.db.transaction() as session:  # the catalogue is an epoch behind the file
        row = session.get_one(Checkpoint, (1, "last"))
        assert row.epoch == 2
        row.epoch, row.sha256 = 1, "0" * 64
    assert backup.make(trained.db, trained.settings, file).notes == ()
    with catalogue(file, tmp_path) as copied, copied.read() as session:
        row = session.get_one(Checkpoint, (1, "last"))
        assert (row.epoch, row.sha256) == (2, hashlib.sha256(ahead.read_bytes()).hexdigest())
    with trained.db.read() as session:
        assert session.get_one(Checkpoint, (1, "last")).epoch == 1


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"damaged")])
def test_weights_that_are_gone_or_damaged_are_said(trained, file, damage):
    damage(runs.folder(trained.settings, 1) / "best.safetensors")
    notes = backup.make(trained.db, trained.settings, file).notes
    assert notes == ("The best weights of run 1 are missing or changed in the home, and so in the backup.",)


def test_images_files_that_are_gone_or_changed_are_said(filled, file):
    store = Store(filled.settings.home)
    item, other, third, *_ = images.page(filled.db, images.Filter())
    store.original(item.sha256).unlink()
    store.original(other.sha256).chmod(0o600)
    store.original(other.sha256).write_bytes(b"changed")
    store.pixels(third.sha256).unlink()
    notes = backup.make(filled.db, filled.settings, file).notes
    assert len(notes) == 1
    assert notes[0].startswith("3 image files are missing or changed")


def test_originals_outside_the_home_are_said(home, pictures, file):
    home.take(pictures, metadata=pictures / "data.csv", reference=True)
    notes = backup.make(home.db, home.settings, file).notes
    assert notes == ("12 originals were imported with --reference and are not in this backup; keep their folders.",)
    assert len([name for name in archive_contents(file) if name.endswith(".ref")]) == 12


def test_an_import_under_way_is_said(filled, pictures, file):
    class Asleep:
        def wake(self) -> None:
            pass

    request = import_request.ImportRequest(pictures)
    job = import_request.submit(filled.db, filled.settings, request, by="t", key="k", launcher=Asleep())
    assert "An import was running" in backup.make(filled.db, filled.settings, file).notes[0]
    job_queue.cancel(filled.db, job)
    assert backup.make(filled.db, filled.settings, file.with_name("later")).notes == ()


def test_it_overwrites_nothing(filled, file):
    file.write_bytes(b"precious")
    with pytest.raises(InvalidInput, match=r"The file .*rounds.backup exists already"):
        backup.make(filled.db, filled.settings, file)
    assert file.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_said(filled, tmp_path):
    with pytest.raises(InvalidInput, match=r"The folder .*nowhere for x does not exist"):
        backup.make(filled.db, filled.settings, tmp_path / "nowhere" / "x")


def test_the_catalogue_of_a_database_server_is_that_servers_to_back_up(tmp_path):
    db = Database("postgresql+psycopg://somebody@localhost/rounds")
    with pytest.raises(InvalidInput, match="pg_dump"):
        backup.make(db, Settings(tmp_path, db.url), tmp_path / "x")


def test_a_file_that_cannot_be_read_is_one_sentence_that_names_it(filled, file):
    path = Store(filled.settings.home).pixels(images.page(filled.db, images.Filter())[0].sha256)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError) as caught:
        backup.make(filled.db, filled.settings, file)
    assert str(path) in str(caught.value)
    assert "No file was left behind" in str(caught.value)
    assert list(file.parent.iterdir()) == []
