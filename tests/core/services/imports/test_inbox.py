"""Check where files that a browser sent are saved: inside the home, closed to others, all or none of them."""

import stat

import pytest

from core.services.imports import inbox
from core.settings import Settings


def test_files_lie_in_a_new_folder_of_the_home_whatever_their_names_say(tmp_path):
    settings = Settings.read(tmp_path / "home")
    folder = inbox.save(settings, [("../../etc/scan.dcm", b"first"), ("labels.csv", memoryview(b"second"))])
    other = inbox.save(settings, [("scan.dcm", b"third")])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "scan.dcm": b"first",
        "labels.csv": b"second",
    }
    assert folder.parent == other.parent == settings.folder("inbox") != folder
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_of_files_that_cannot_be_written_none_is_left(tmp_path):
    settings = Settings.read(tmp_path / "home")
    with pytest.raises(OSError, match="File name too long"):
        inbox.save(settings, [("scan.dcm", b"first"), ("x" * 300, b"second")])
    assert list(settings.folder("inbox").iterdir()) == []
