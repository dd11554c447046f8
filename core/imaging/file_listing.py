"""List the files of a folder, through links, without opening what is no file."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.nifti.pair import find_header

OTHERS = (
    (stat.S_ISFIFO, "a named pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
BEYOND = (
    "is a link out of the folders that this page may import from, and was not followed; import it with "
    "`rounds import`, or start the server with --root DIR."
)


@dataclass(frozen=True, slots=True)
class PathNote:
    """A note (a kind of `core.imaging.notes.NOTES`) about a path that is no image."""

    kind: str
    path: Path


@dataclass(frozen=True, slots=True)
class FileRejection:
    """A file that was rejected, with the reason in one sentence."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class FileListing:
    """The files of a folder in a stable order; `refused` are paths that were not opened."""

    files: tuple[Path, ...]
    refused: tuple[FileRejection, ...] = ()
    notes: tuple[PathNote, ...] = ()


class _Walk:
    """A walk through a folder and all folders that links lead to, each real folder once."""

    def __init__(self, folder: Path, within: Sequence[Path]) -> None:
        self.root = folder.resolve()
        self.within = within
        self.visited: set[tuple[int, int]] = set()
        self.links: list[Path] = []
        self.files: list[Path] = []
        self.refused: list[FileRejection] = []
        self.notes: list[PathNote] = []

    def list_folder(self, folder: Path) -> None:
        """List a folder without its linked folders, then these: a folder of the tree is named by its own path."""
        self._list_real(folder)
        while self.links:
            link = self.links.pop(0)
            target = link.resolve()
            if not is_within(target, self.within):
                self.refused.append(FileRejection(link, BEYOND))
            elif self.root.is_relative_to(target) and target != self.root:
                self.notes.append(PathNote("link_above", link))
            elif _identity(target) not in self.visited:
                self._follow(link, is_outside=not target.is_relative_to(self.root))

    def _follow(self, link: Path, *, is_outside: bool) -> None:
        try:
            self._list_real(link)
        except OSError as error:
            reason = f"is a link to a folder that cannot be read ({error.strerror}); check its permissions."
            self.refused.append(FileRejection(link, reason))
            return
        if is_outside:
            self.notes.append(PathNote("link_outside", link))

    def _list_real(self, folder: Path) -> None:
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            if _identity(current) in self.visited:
                continue
            self.visited.add(_identity(current))
            with os.scandir(current) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    path = current / entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif entry.is_symlink() and path.is_dir():
                        self.links.append(path)
                    else:
                        self._add_file(path)
            self.links.sort()

    def _add_file(self, path: Path) -> None:
        reason = _reason_not_to_open(path)
        if reason is None and path.is_symlink() and not is_within(path.resolve(), self.within):
            reason = BEYOND
        if reason is not None:
            self.refused.append(FileRejection(path, reason))
            return
        self.files.append(path)
        if path.is_symlink() and not path.resolve().is_relative_to(self.root):
            self.notes.append(PathNote("link_outside", path))


def list_paths(folder: Path, within: Sequence[Path] = ()) -> FileListing:
    """Return every file below a folder (or the file itself), sorted; the voxels of a pair count with its header.

    Links that lead out of the folders `within` are refused; without any, all links are followed.

    Raises:
        InvalidInput: a folder cannot be read.
    """
    if not folder.is_dir():
        reason = _reason_not_to_open(folder)
        return FileListing((folder,)) if reason is None else FileListing((), (FileRejection(folder, reason),))
    walk = _Walk(folder, within)
    try:
        walk.list_folder(folder)
        files = tuple(_without_voxels(sorted(walk.files)))
    except OSError as error:
        raise InvalidInput(f"The folder {folder} cannot be read ({error.strerror}); check its permissions.") from error
    refused = sorted(walk.refused, key=attrgetter("path"))
    return FileListing(files, tuple(refused), tuple(sorted(walk.notes, key=attrgetter("path"))))


def _without_voxels(files: list[Path]) -> Iterator[Path]:
    listed = set(files)
    for path in files:
        header = find_header(path)
        if header is None or header not in listed:
            yield path


def is_within(path: Path, folders: Sequence[Path]) -> bool:
    """Return whether a path without links lies in one of the folders; without any folders, all do."""
    return not folders or any(path.is_relative_to(folder) for folder in folders)


def _reason_not_to_open(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "is a link to a file that does not exist; remove it, or bring the file back."
    except OSError as error:
        return f"cannot be opened ({error.strerror}); check the link and its permissions."
    kind = kind_of_special(mode)
    return f"is {kind}, not a file, and was not opened; remove it from the folder." if kind else None


def kind_of_special(mode: int) -> str | None:
    """Return what a path of this mode is if it is no file: a pipe, a socket or a device."""
    return next((name for is_kind, name in OTHERS if is_kind(mode)), None)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
