"""Folders are listed through links, each real folder once, and nothing is opened that is no file."""

import os
import socket
from pathlib import Path

import pytest

from core.imaging.file_listing import FileListing, list_paths


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names(listing: FileListing, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in listing.files]


def notes(listing: FileListing, folder: Path) -> list[tuple[str, str]]:
    return [(note.kind, note.path.relative_to(folder).as_posix()) for note in listing.notes]


@pytest.fixture
def chosen(tmp_path: Path) -> Path:
    make(tmp_path / "elsewhere", "b0.png", "deep/b1.png")
    return make(tmp_path / "chosen", "a0.png", "c/c0.png")


def test_a_linked_folder_is_followed_and_noted(chosen: Path):
    (chosen / "site").symlink_to(Path("../elsewhere"), target_is_directory=True)
    (chosen / "one.png").symlink_to(chosen.parent / "elsewhere" / "b0.png")
    (chosen / "same.png").symlink_to(chosen / "a0.png")
    listing = list_paths(chosen)
    expected = ["a0.png", "c/c0.png", "one.png", "same.png", "site/b0.png", "site/deep/b1.png"]
    assert names(listing, chosen) == expected
    assert notes(listing, chosen) == [("link_outside", "one.png"), ("link_outside", "site")]
    assert not listing.refused


def test_each_real_folder_is_listed_once_under_its_own_name(chosen: Path):
    (chosen / "a_link").symlink_to(chosen / "c", target_is_directory=True)
    (chosen / "round").symlink_to(chosen, target_is_directory=True)
    (chosen / "c" / "back").symlink_to("..", target_is_directory=True)
    (chosen / "x1").symlink_to(chosen.parent / "elsewhere" / "deep", target_is_directory=True)
    (chosen / "x2").symlink_to(chosen.parent / "elsewhere", target_is_directory=True)
    (chosen.parent / "elsewhere" / "again").symlink_to(chosen, target_is_directory=True)
    (chosen.parent / "elsewhere" / "loop").symlink_to(chosen.parent / "elsewhere", target_is_directory=True)
    listing = list_paths(chosen)
    assert names(listing, chosen) == ["a0.png", "c/c0.png", "x1/b1.png", "x2/b0.png"]
    assert notes(listing, chosen) == [("link_outside", "x1"), ("link_outside", "x2")]


def test_a_link_to_a_folder_above_is_noted_and_not_followed(chosen: Path):
    (chosen / "up").symlink_to("..", target_is_directory=True)
    listing = list_paths(chosen)
    assert names(listing, chosen) == ["a0.png", "c/c0.png"]
    assert notes(listing, chosen) == [("link_above", "up")]


def test_a_chosen_link_is_a_folder_like_any_other(chosen: Path):
    link = chosen.parent / "link"
    link.symlink_to(chosen, target_is_directory=True)
    assert names(list_paths(link), link) == ["a0.png", "c/c0.png"]
    assert not list_paths(link).notes


def test_what_is_no_file_is_refused_by_what_it_is_and_never_opened(chosen: Path, monkeypatch: pytest.MonkeyPatch):
    os.mkfifo(chosen / "pipe")
    (chosen / "broken.png").symlink_to(chosen / "gone.png")
    (chosen / "itself.png").symlink_to(chosen / "itself.png")
    (chosen / "null").symlink_to("/dev/null")
    monkeypatch.chdir(chosen)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        listing = list_paths(chosen)
    reasons = {one.path.name: one.reason for one in listing.refused}
    assert names(listing, chosen) == ["a0.png", "c/c0.png"]
    assert list(reasons) == ["broken.png", "itself.png", "null", "pipe", "socket"]
    assert "does not exist" in reasons["broken.png"]
    assert "cannot be opened" in reasons["itself.png"]
    assert reasons["null"].startswith("is a device")
    assert reasons["pipe"].startswith("is a named pipe")
    assert reasons["socket"].startswith("is a socket")
    assert all(reason.endswith(".") for reason in reasons.values())


def test_a_pipe_chosen_alone_is_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    listing = list_paths(tmp_path / "pipe.png")
    assert (listing.files, len(listing.refused)) == ((), 1)
