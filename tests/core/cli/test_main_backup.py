"""`rounds backup` and `rounds restore` on the command line, stopped and killed in the middle too."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.cli.test_main import folder, home, run, taken

__all__ = ["folder", "home"]  # fixtures

BACKUP_CONTENTS = """
import signal, sys, time
from core.cli import maintenance
from core.__main__ import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests themselves run in the background

def stop_after_five(text, update):
    def tell(done, expected):
        if done == 5:
            print("held", flush=True)
            time.sleep(600)
    return tell

maintenance.counted = stop_after_five
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def filled(capsys, home, folder) -> Path:
    taken(capsys, home, folder)
    return home


@pytest.fixture
def shelf(tmp_path) -> Path:
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


@pytest.fixture
def standing():
    """A command that stands still in the middle of its files, as a process of its own."""
    begun = []

    def begin(*argv: object) -> subprocess.Popen:
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", BACKUP_CONTENTS, *map(str, argv)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        assert begun[-1].stdout.readline() == "held\n"
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_there_and_back_has_the_keys_of_the_contract(capsys, filled, tmp_path):
    code, made, _ = run(capsys, "--home", filled, "--json", "backup", tmp_path / "one")
    assert code == 0
    assert set(made) == {"file", "bytes", "schema", "rows", "files", "notes", "care"}
    code, result, _ = run(capsys, "--json", "restore", tmp_path / "one", "--home", tmp_path / "new")
    assert code == 0
    assert set(result) == {"home", "schema", "rows", "files", "compared", "notes"}
    assert (result["rows"], result["files"]) == (made["rows"], made["files"])
    assert result["rows"]["image"] == result["files"]["originals"] == 12


def test_in_plain_text_it_says_how_to_keep_the_file(capsys, filled, tmp_path):
    from core.__main__ import main

    assert main(["--home", str(filled), "backup", str(tmp_path / "one")]) == 0
    assert "the key of their pseudonyms" in capsys.readouterr().out


def test_a_home_without_a_catalogue_is_not_made_to_back_it_up(capsys, home, tmp_path):
    code, result, _ = run(capsys, "--home", home, "--json", "backup", tmp_path / "one")
    assert code == 1
    assert (
        f"There is no catalogue {home}/catalogue.sqlite to back up; name its home with --home DIR." in result["error"]
    )
    assert not home.exists()


def test_what_fails_is_one_sentence(capsys, filled, tmp_path):
    (tmp_path / "letter").write_text("Dear colleague")
    for argv, words in [
        (["backup", tmp_path / "letter"], "overwrites nothing"),
        (["restore", tmp_path / "letter"], "is not empty"),
        (["restore", tmp_path / "letter", "--home", tmp_path / "new"], "is not a backup of Rounds"),
        (["restore", tmp_path / "nowhere", "--home", tmp_path / "new"], "choose a file that exists"),
        (["restore"], "FILE"),
    ]:
        code, result, err = run(capsys, "--home", filled, "--json", *argv)
        assert code != 0
        assert words in result["error"]
        assert err == result["error"] + "\n"
    assert not (tmp_path / "new").exists()


STOPS = pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "the machine goes down"])


@STOPS
def test_a_backup_that_is_stopped_leaves_nothing(filled, shelf, standing, stop):
    stopped(standing("--home", filled, "--json", "backup", shelf / "one"), stop)
    assert list(shelf.iterdir()) == []


@STOPS
def test_a_restore_that_is_stopped_leaves_nothing(capsys, filled, shelf, tmp_path, standing, stop):
    run(capsys, "--home", filled, "--json", "backup", tmp_path / "one")
    stopped(standing("--json", "restore", tmp_path / "one", "--home", shelf / "new"), stop)
    assert list(shelf.iterdir()) == []


def stopped(process: subprocess.Popen, stop: signal.Signals) -> None:
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(out) == {"error": err.rstrip("\n")}
    assert err == "Stopped: nothing of it was kept; run it again.\n"


def test_a_backup_that_was_killed_is_no_file_and_its_remains_are_gone_at_the_next(capsys, filled, shelf, standing):
    killed(standing("--home", filled, "backup", shelf / "one"))
    assert half(shelf) == 1
    assert not (shelf / "one").exists()
    assert run(capsys, "--home", filled, "--json", "backup", shelf / "two")[0] == 0
    assert [path.name for path in shelf.iterdir()] == ["two"]


def test_a_restore_that_was_killed_is_no_home_and_can_be_done_again(capsys, filled, shelf, tmp_path, standing):
    run(capsys, "--home", filled, "--json", "backup", tmp_path / "one")
    killed(standing("restore", tmp_path / "one", "--home", shelf / "new"))
    assert half(shelf) == 1
    assert not (shelf / "new").exists()
    assert run(capsys, "--json", "restore", tmp_path / "one", "--home", shelf / "new")[0] == 0
    assert [path.name for path in shelf.iterdir()] == ["new"]


def test_what_another_backup_is_writing_now_is_left_alone(capsys, filled, shelf, standing):
    standing("--home", filled, "backup", shelf / "one")
    assert run(capsys, "--home", filled, "--json", "backup", shelf / "two")[0] == 0
    assert half(shelf) == 1


def killed(process: subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def half(shelf: Path) -> int:
    """How many unfinished ones lie there."""
    return len(list(shelf.glob(".*.rounds-draft")))
