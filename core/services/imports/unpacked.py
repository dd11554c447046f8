"""Unpack the archives of an import into a staging folder, which is removed at the end whatever happens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os.path import abspath
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.archives.endings import archive_of, is_archive
from core.imaging.archives.room import Limits, Room
from core.imaging.archives.unpack import unpack
from core.imaging.file_listing import FileRejection, list_paths
from core.imaging.staging_folder import draft
from core.services.imports.import_request import ImportRequest
from core.services.imports.source_files import SourceFiles
from core.settings import Settings


@contextmanager
def unpacked(settings: Settings, request: ImportRequest) -> Iterator[tuple[ImportRequest, SourceFiles]]:
    """Give the files of a request with those of its archives, and the request with the place of its table.

    An archive in a folder that cannot be opened is a refused file.

    Raises:
        InvalidInput: there are no files; the path itself is an archive that cannot be opened; the table lies in an
            archive that was not.
    """
    sources = SourceFiles.of(request)
    archives = [file for file in sources.listing.files if is_archive(file)]
    if not archives:
        yield _with_table(request, {}), sources
        return
    with draft(settings.folder("inbox"), "unpacked") as folder:
        is_folder = request.path.expanduser().is_dir()
        places, refused = _unpack(request, sources, archives, folder, is_folder=is_folder)
        within = (*request.within, folder.resolve()) if request.within else ()
        opened = _with_table(replace(request, within=within), places)
        yield opened, _merged(sources, folder if is_folder else folder / archives[0].name, refused)


def _unpack(
    request: ImportRequest, sources: SourceFiles, archives: list[Path], folder: Path, *, is_folder: bool
) -> tuple[dict[Path, Path], list[FileRejection]]:
    """Unpack each archive into a folder of its own path; return these folders, and what was refused."""
    room, places, refused = Room.of(Limits()), dict[Path, Path](), list[FileRejection]()
    for archive in archives:
        place = folder / archive.relative_to(sources.root)
        try:
            if request.reference:
                raise InvalidInput(f"The files of {archive.name} cannot be linked; import copies, or unpack it first.")
            refused += unpack(archive, place, room)
            places[archive] = place
        except InvalidInput as error:
            if not is_folder:
                raise
            refused.append(FileRejection(archive, f"was not opened: {error}"))
    return places, refused


def shown_name(path: Path) -> str:
    """Return the name of a file; of one in an archive the path that leads to it, such as `set.zip/labels.csv`."""
    archive = archive_of(path)
    return path.relative_to(archive.parent).as_posix() if archive else path.name


def file_of(path: Path) -> Path:
    """Return the file on the disk that holds a table: the archive, if it lies in one, else itself."""
    return archive_of(path) or path


def _merged(sources: SourceFiles, staging: Path, refused: list[FileRejection]) -> SourceFiles:
    """Return the files of a folder without its archives, and those that were unpacked."""
    listing = sources.listing
    plain = [file for file in listing.files if not is_archive(file)]
    inside = list_paths(staging).files if staging.exists() else ()
    merged = replace(listing, files=(*plain, *inside), refused=(*refused, *listing.refused))
    return replace(sources, listing=merged, staging=staging)


def _with_table(request: ImportRequest, places: Mapping[Path, Path]) -> ImportRequest:
    """Return the request with the place of a table that lies in an archive, such as `set.zip/labels.csv`."""
    table = request.metadata and Path(abspath(request.metadata.expanduser()))
    if table is None or (archive := archive_of(table)) is None:
        return request
    place = next((place for opened, place in places.items() if opened.samefile(archive)), None)
    inside = table.relative_to(archive)
    if place is None:
        raise InvalidInput(f"{archive.name} was not opened, so its table {inside} cannot be read; unpack it first.")
    if not (place / inside).is_file():
        raise InvalidInput(f"{archive.name} has no file {inside}; choose another table.")
    return replace(request, metadata=place / inside)
