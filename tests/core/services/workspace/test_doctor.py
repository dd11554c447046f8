"""The doctor finds what is not well and says the way out."""

import time

import pytest
from sqlalchemy import text

from core.imaging.store import Store
from core.jobs import job_queue
from core.services.images import images
from core.services.training import runs
from core.services.workspace import doctor
from db.database import sqlite_module
from db.tables import Image, Job
from db.vocabulary import JobKind, JobState


class Launcher:
    def __init__(self, *, alive: bool = False) -> None:
        self.works, self.woken = alive, 0

    def wake(self) -> None:
        self.woken += 1

    def alive(self, job_id: int) -> bool:
        return self.works

    def devices(self) -> list[str]:
        return ["cpu"]


def looked(home, *, alive: bool = False) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.check(home.db, home.settings, Launcher(alive=alive))}


def test_a_home_in_good_health(filled, monkeypatch):
    monkeypatch.setattr(doctor, "LOW_DISK", 0)
    checks = looked(filled)
    assert list(checks) == [
        "home",
        "disk",
        "schema",
        "catalogue",
        "journal",
        "writing",
        "originals",
        "pixels",
        "orphans",
        "checkpoints",
        "notes",
        "stacks",
        "inbox",
        "jobs",
        "clock",
        "device",
    ]
    assert [check for check in checks.values() if not check.ok] == []
    assert "12 of 12" in checks["originals"].detail


def test_an_open_home_is_told(home):
    home.settings.home.chmod(0o755)
    assert (looked(home)["home"].ok, "chmod 700" in looked(home)["home"].detail) == (False, True)


def test_a_full_disk_is_told(home, monkeypatch):
    monkeypatch.setattr(doctor, "LOW_DISK", 1 << 62)
    assert "free some space" in looked(home)["disk"].detail


def test_a_changed_original_is_told_by_its_place(filled):
    store = Store(filled.settings.home)
    changed = store.original(images.page(filled.db, images.Filter())[0].sha256)
    changed.chmod(0o600)
    changed.write_bytes(b"something else")
    check = looked(filled)["originals"]
    assert not check.ok
    assert check.detail.startswith("1 of 12 checked originals have changed")
    assert str(changed) in check.detail


def test_a_missing_original_and_missing_pixels_are_told_and_importing_again_mends_them(filled, pictures):
    store = Store(filled.settings.home)
    item, other, cut, *_ = images.page(filled.db, images.Filter())
    store.original(item.sha256).unlink()
    store.pixels(other.sha256).unlink()
    store.pixels(cut.sha256).write_bytes(b"")
    checks = looked(filled)
    assert checks["originals"].detail.startswith(f"1 of 12 originals are missing, such as {item.sha256[:12]}")
    assert checks["pixels"].detail.startswith("2 of 12 pixel files")
    store.pixels(cut.sha256).unlink()
    filled.take(pictures, metadata=pictures / "data.csv")
    checks = looked(filled)
    assert checks["originals"].ok
    assert checks["pixels"].ok


def test_originals_outside_the_home_are_counted(home, pictures):
    home.take(pictures, metadata=pictures / "data.csv", reference=True)
    assert "12 are outside the home" in looked(home)["originals"].detail


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"!"), "differs from what run 1 saved"),
        (lambda file: file.unlink(), "is missing"),
    ],
)
def test_weights_that_are_gone_or_changed_are_told(trained, damage, words):
    assert looked(trained)["checkpoints"] == doctor.Check("checkpoints", True, "2 checked, all unchanged")
    damage(runs.folder(trained.settings, 1) / "best.safetensors")
    check = looked(trained)["checkpoints"]
    assert not check.ok
    assert words in check.detail


def test_weights_of_a_training_under_way_may_be_ahead_of_the_catalogue(trained):
    (runs.folder(trained.settings, 1) / "last.safetensors").write_bytes(b"newer")
    with trained.db.transaction() as session:
        job = session.get_one(Job, 1)
        job.state, job.attempt = JobState.RUNNING, 2
    assert looked(trained, alive=True)["checkpoints"].ok


def examined(home) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.run_checks(home.settings, Launcher())}


def test_a_file_that_is_no_database_is_a_finding_among_others(home):
    home.db.close()
    home.db.file.write_bytes(b"no database at all" * 500)
    checks = examined(home)
    assert list(checks) == ["home", "disk", "device", "catalogue"]
    assert checks["home"].ok
    assert not checks["catalogue"].ok
    assert "rounds restore FILE" in checks["catalogue"].detail


def test_damaged_pages_are_told(filled):
    filled.db.close()
    with filled.db.file.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)
    failing = [check for check in examined(filled).values() if not check.ok and check.name != "disk"]
    assert any("rounds restore FILE" in check.detail for check in failing)


def test_a_newer_schema_is_told_with_the_way_out(home):
    with home.db.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    detail = examined(home)["catalogue"].detail
    assert "9999" in detail
    assert "install the newer Rounds" in detail


def test_a_stranger_who_keeps_the_catalogue_locked_is_told(home, monkeypatch):
    monkeypatch.setattr(doctor, "PATIENCE_S", 0.2)
    stranger = sqlite_module().connect(str(home.db.file), isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    checks = examined(home)
    stranger.execute("ROLLBACK")
    stranger.close()
    assert not checks["writing"].ok
    assert "locked by another program" in checks["writing"].detail
    assert checks["catalogue"].ok
    assert examined(home)["writing"].ok


@pytest.mark.parametrize("column", ["heartbeat_at", "created_at"])
def test_a_clock_that_was_set_back_is_told(home, column):
    with home.db.transaction() as session:
        job = job_queue.add(session, JobKind.IMPORT, {}, key="k")
        setattr(job, column, time.time() + 7200)
    check = looked(home)["clock"]
    assert not check.ok
    assert "120 minutes ahead" in check.detail


def test_a_clock_that_was_set_back_is_told_by_any_row(filled):
    with filled.db.transaction() as session:
        session.query(Image).order_by(Image.id).first().created_at = time.time() + 7200
    assert "120 minutes ahead" in looked(filled)["clock"].detail


def test_a_job_that_waits_for_nobody_gets_a_dispatcher(home):
    launcher = Launcher()
    with home.db.transaction() as session:
        job_queue.add(session, JobKind.IMPORT, {}, key="k")
    assert doctor.check(home.db, home.settings, launcher)
    assert launcher.woken == 1


def test_a_lost_job_is_told_with_the_way_to_resume_it(home):
    with home.db.transaction() as session:
        job_id = job_queue.add(session, JobKind.IMPORT, {}, key="k").id
    job_queue.claim(home.db, job_id)
    assert f"rounds jobs resume {job_id}" in looked(home)["jobs"].detail


def test_an_orphan_row_is_told(filled):
    with filled.db.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DELETE FROM patient WHERE id = 1")
        connection.exec_driver_sql("BEGIN")
    assert not looked(filled)["catalogue"].ok


def test_a_look_that_fails_is_a_finding(home):
    with home.db.transaction() as session:
        session.execute(text("DROP TABLE job"))
    check = looked(home)["jobs"]
    assert not check.ok
    assert check.detail.startswith("could not be checked")
