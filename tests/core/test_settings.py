"""The home: closed to others, refused with a sentence where it cannot be, its keys made once."""

import threading
from pathlib import Path

import pytest

from core.errors import HomeUnusable
from core.settings import FOLDERS, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "sqlite://")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_home_is_closed_to_other_users(settings: Settings):
    settings.make_home()
    assert {mode(settings.home), *(mode(settings.folder(name)) for name in FOLDERS)} == {0o700}


def test_a_home_left_open_is_closed_again(settings: Settings):
    settings.home.mkdir(mode=0o755)
    settings.home.chmod(0o755)
    settings.make_home()
    assert mode(settings.home) == 0o700


@pytest.mark.parametrize("below", ["", "deeper/home"])
def test_a_file_in_the_way_is_one_sentence(tmp_path: Path, below: str):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(HomeUnusable, match=r"taken.*--home DIR or ROUNDS_HOME\.$") as refused:
        Settings(tmp_path / "taken" / below, "sqlite://").make_home()
    assert "\n" not in str(refused.value)


def test_a_folder_without_write_permission_is_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    # Root may write anywhere, so the kernel's answer is pretended.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(HomeUnusable, match="is not writable"):
        settings.make_home()


def test_the_argument_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ROUNDS_HOME", str(tmp_path / "environment"))
    monkeypatch.delenv("ROUNDS_DATABASE_URL", raising=False)
    assert Settings.read().home == tmp_path / "environment"
    read = Settings.read(tmp_path / "argument")
    assert read.home == tmp_path / "argument"
    assert read.database_url == f"sqlite:///{tmp_path / 'argument' / 'catalogue.sqlite'}"


def test_another_catalogue_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ROUNDS_DATABASE_URL", "postgresql://server/rounds")
    assert Settings.read(tmp_path).database_url == "postgresql://server/rounds"


def test_a_key_is_made_once_and_is_the_owners_alone(settings: Settings):
    settings.make_home()
    first = settings.key("pseudonym")
    assert len(first) == 32
    assert settings.key("pseudonym") == first
    assert settings.key("pixels") != first
    assert mode(settings.folder("keys") / "pseudonym.key") == 0o600


def test_rivals_get_the_same_key(settings: Settings):
    settings.make_home()
    rivals, keys = 16, []
    together = threading.Barrier(rivals)

    def ask() -> None:
        together.wait()
        keys.append(settings.key("pseudonym"))

    threads = [threading.Thread(target=ask) for _ in range(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == rivals
    assert len(set(keys)) == 1
    assert [path.name for path in settings.folder("keys").iterdir()] == ["pseudonym.key"]
