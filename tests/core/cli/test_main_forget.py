"""`rounds forget` asks before it erases, and `rounds doctor --sweep` says what it removed."""

import io

import pytest

from tests.core.cli.test_main import folder, home, run, taken

__all__ = ["folder", "home"]  # fixtures


@pytest.fixture
def patient(capsys, home, folder) -> str:
    taken(capsys, home, folder)
    return "P1"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_says_what_it_would_erase_and_erases_after_a_yes(capsys, monkeypatch, home, patient):
    line = ("--home", home, "--json", "forget", "--patient", patient)
    code, planned, _ = run(capsys, *line, "--dry-run")
    assert (code, planned["dry_run"], set(planned)) == (0, True, {"patients", "rows", "files", "remains", "dry_run"})
    code, refused, _ = run(capsys, *line)
    assert (code, "give --yes" in refused["error"]) == (2, True)
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    code, refused, prompt = run(capsys, *line)
    assert (code, refused["error"]) == (1, "Nothing was erased.")
    assert f"Erase {planned['patients'][0]} with {planned['rows']['image']} images for good?" in prompt
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    code, done, _ = run(capsys, *line)
    assert (code, done["rows"], done["dry_run"]) == (0, planned["rows"], False)
    code, refused, _ = run(capsys, *line, "--yes")
    assert (code, "There is no patient" in refused["error"]) == (1, True)


def test_the_doctor_sweeps_and_says_so(capsys, home, patient):
    stray = home / "originals" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    _, checked, _ = run(capsys, "--home", home, "--json", "doctor")
    assert "swept" not in checked
    _, checked, _ = run(capsys, "--home", home, "--json", "doctor", "--sweep")
    assert checked["swept"] == {"files": 1, "bytes": 5, "note": ""}
    assert not stray.exists()
