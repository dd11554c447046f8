"""The folders that the Import page may choose from: below allowed roots, nothing hidden, not the home of Rounds."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.archives.endings import is_archive
from core.imaging.file_listing import is_within
from core.imaging.tables.endings import TABLES
from core.settings import Settings

MOST = 300  # folders that are listed, and files that are counted in each of them


@dataclass(frozen=True, slots=True)
class Subfolder:
    """A folder to open, with its number of files (not those of its folders); `reason` says why it cannot be opened."""

    path: Path
    files: int = 0
    folders: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FolderContent:
    """What lies in a folder: its folders, the number of its files, and those that are tables or archives.

    `above` are the folders from its root to the folder; `left_out` counts folders beyond the first MOST.
    """

    path: Path
    above: tuple[Path, ...]
    folders: tuple[Subfolder, ...]
    files: int
    tables: tuple[Path, ...]
    archives: tuple[Path, ...]
    left_out: int = 0


def read_roots(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the roots given to `rounds serve`, without links.

    Raises:
        InvalidInput: one of them is no folder.
    """
    for folder in folders:
        if not folder.expanduser().is_dir():
            raise InvalidInput(f"--root {folder} is not a folder; give folders that exist.")
    return tuple(folder.expanduser().resolve() for folder in folders)


def check_path(settings: Settings, text: str) -> Path:
    """Return the path that a person typed or picked, if the page may read it.

    Raises:
        InvalidInput: it is outside the roots, hidden, in the home of Rounds, or does not exist.
    """
    path = Path(os.path.abspath(Path(text.strip()).expanduser()))
    real = path.resolve()
    if not settings.roots or not is_within(real, settings.roots):
        folders = ", ".join(map(str, settings.roots))
        raise InvalidInput(f"{path} is not below {folders}; choose a folder there, or start the server with --root.")
    if real.is_relative_to(settings.home) or _is_hidden(real, settings.roots):
        raise InvalidInput(f"{path} is hidden or belongs to Rounds itself; choose another folder.")
    if not path.exists():
        raise InvalidInput(f"{path} does not exist; correct the path, or choose the folder below.")
    return path if is_within(path, settings.roots) else real


def list_folder(settings: Settings, folder: Path) -> FolderContent:
    """Return what lies in a folder below the roots, one level deep.

    Raises:
        InvalidInput: the page may not read it, or it cannot be read.
    """
    path = check_path(settings, str(folder))
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name.casefold())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be opened ({error.strerror}); choose another folder.") from error
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    folders = [path / entry.name for entry in shown if _is_folder(entry)]
    files = [path / entry.name for entry in shown if not _is_folder(entry) and entry.is_file()]
    return FolderContent(
        path=path,
        above=tuple(_above(path, settings.roots)),
        folders=tuple(_subfolder(settings, one) for one in folders[:MOST] if one.resolve() != settings.home),
        files=len(files),
        tables=tuple(file for file in files if file.suffix.lower() in TABLES),
        archives=tuple(filter(is_archive, files)),
        left_out=max(0, len(folders) - MOST),
    )


def _subfolder(settings: Settings, path: Path) -> Subfolder:
    real = path.resolve()
    if not is_within(real, settings.roots) or _is_hidden(real, settings.roots):
        return Subfolder(path, reason="a link out of the allowed folders")
    try:
        with os.scandir(path) as entries:
            kinds = [entry.is_dir() for entry, _ in zip(entries, range(10 * MOST), strict=False)]
    except OSError as error:
        return Subfolder(path, reason=error.strerror or "cannot be opened")
    return Subfolder(path, files=kinds.count(False), folders=kinds.count(True))


def _above(path: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the folders from the root of a path to the path."""
    root = max((root for root in roots if is_within(path, [root])), key=lambda root: len(root.parts), default=path)
    yield from (folder for folder in [*reversed(path.parents), path] if folder.is_relative_to(root))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_hidden(path: Path, roots: Sequence[Path]) -> bool:
    parts = next((path.relative_to(root).parts for root in roots if path.is_relative_to(root)), path.parts)
    return any(part.startswith(".") for part in parts)


def holds_files(path: Path) -> bool:
    """Return whether a file is an archive, whose files are imported."""
    return is_archive(path)
