"""Unpack the archives of an import into a staging folder, which is removed at the end whatever happens."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.archives import is_archive, stem, unpack
from core.imaging.file_listing import FileRejection
from core.imaging.staging_folder import draft
from core.services.imports.import_request import ImportRequest
from core.settings import Settings


@contextmanager
def unpacked(settings: Settings, request: ImportRequest) -> Iterator[tuple[ImportRequest, tuple[FileRejection, ...]]]:
    """Give the request with the folder of what was unpacked, and the refused entries; without archives, the same.

    Archives are the path itself, and among files that a browser sent; those deeper in a folder stay closed.

    Raises:
        InvalidInput: an archive is damaged or exceeds a limit, or its files are to be linked.
    """
    archives = _archives(settings, request.path.expanduser())
    if not archives:
        yield request, ()
        return
    if request.reference:
        raise InvalidInput(f"The files of {archives[0].name} cannot be linked; import copies, or unpack it first.")
    with draft(settings.folder("inbox"), "unpacked") as folder:
        alone = archives == [request.path.expanduser()]
        refused: list[FileRejection] = []
        for archive in archives:
            refused += unpack(archive, folder if alone else folder / stem(archive))
        if not alone:
            _link_others(request.path, folder, request.metadata)
        if not refused and not any(folder.iterdir()):
            raise InvalidInput(f"{archives[0].name} has no files; choose another archive.")
        within = (*request.within, folder.resolve()) if request.within else ()
        yield replace(request, path=folder, within=within), tuple(refused)


def _archives(settings: Settings, path: Path) -> list[Path]:
    if path.parent == settings.folder("inbox") and path.is_dir():
        return sorted(one for one in path.iterdir() if is_archive(one))
    return [path] if is_archive(path) and path.is_file() else []


def _link_others(sent: Path, folder: Path, table: Path | None) -> None:
    """Put the other files that were sent beside what was unpacked, without a second copy."""
    for file in sent.iterdir():
        if not is_archive(file) and file != table:
            os.link(file, folder / file.name)
