"""The doctor finds what is not well and says the way out."""

from sqlalchemy import text

from core.imaging.store import Store
from core.services import checkup, images, jobs
from db.vocabulary import JobKind


class Launcher:
    def wake(self) -> None:
        pass

    def alive(self, job_id: int) -> bool:
        return False

    def devices(self) -> list[str]:
        return ["cpu"]


def looked(home) -> dict[str, checkup.Check]:
    return {check.name: check for check in checkup.check(home.db, home.settings, Launcher())}


def test_a_home_in_good_health(filled, monkeypatch):
    monkeypatch.setattr(checkup, "LOW_DISK", 0)
    checks = looked(filled)
    assert list(checks) == ["home", "disk", "schema", "catalogue", "journal", "originals", "jobs", "device"]
    assert [check for check in checks.values() if not check.ok] == []
    assert "12 of 12" in checks["originals"].detail


def test_an_open_home_is_told(home):
    home.settings.home.chmod(0o755)
    assert (looked(home)["home"].ok, "chmod 700" in looked(home)["home"].detail) == (False, True)


def test_a_full_disk_is_told(home, monkeypatch):
    monkeypatch.setattr(checkup, "LOW_DISK", 1 << 62)
    assert "free some space" in looked(home)["disk"].detail


def test_a_changed_and_a_missing_original_are_told(filled):
    store = Store(filled.settings.home)
    changed, gone, *_ = images.page(filled.db, images.Filter())
    path = store.original(changed.sha256)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    store.original(gone.sha256).unlink()
    check = looked(filled)["originals"]
    assert not check.ok
    assert check.detail.startswith("2 of 12 originals")


def test_a_lost_job_is_told_with_the_way_to_resume_it(home):
    with home.db.transaction() as session:
        job_id = jobs.add(session, JobKind.IMPORT, {}, key="k").id
    jobs.claim(home.db, job_id)
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
    assert check.detail.startswith("could not be looked at")
