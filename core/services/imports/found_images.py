"""Draw some of the files of a folder before their import: read by the child process, nothing of them is stored."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from core.imaging.reader_pool import ReadFile, read_files_polling
from core.imaging.staging_folder import draft
from core.imaging.store import Store
from core.imaging.tables.endings import TABLES
from core.services.imports import table_preview
from core.services.imports.import_request import ImportRequest
from core.services.imports.table_preview import TablePreview
from core.services.imports.unpacked import unpacked
from core.settings import Settings
from db import Database

EDGE = 160
LARGEST = 64 << 20  # bytes of a file that is drawn


def of_folder(settings: Settings, request: ImportRequest, count: int = 12) -> list[tuple[str, bytes]]:
    """Return the names and JPEGs of images spread over the files of a request."""
    with unpacked(settings, request) as (_, sources):
        files = [path for path in sources.listing.files if path.suffix.lower() not in TABLES]
        spread = [files[at * len(files) // count] for at in range(count)] if len(files) > count else files
        pictures = thumbnails(settings, spread)
        return [(sources.name(path), pictures[path]) for path in spread if path in pictures]


def of_table(db: Database, settings: Settings, request: ImportRequest) -> tuple[TablePreview, dict[Path, bytes]]:
    """Return the preview of a table, and the JPEGs of its first matched files.

    Raises:
        InvalidInput: no such folder, or the table cannot be opened at all.
    """
    with unpacked(settings, request) as (opened, files):
        preview = table_preview.preview(db, opened, files)
        return preview, thumbnails(settings, [pair.path for pair in preview.pairs])


def thumbnails(settings: Settings, paths: Sequence[Path]) -> dict[Path, bytes]:
    """Return the JPEG of each file that can be drawn."""
    small = [path for path in paths if path.stat().st_size <= LARGEST]
    with draft(settings.folder("inbox"), "look") as folder:
        return dict(_drawn(Store(folder), small))


def _drawn(store: Store, paths: Sequence[Path]) -> Iterable[tuple[Path, bytes]]:
    with closing(read_files_polling(paths, store=store, reference=True)) as results:
        for result in results:
            if isinstance(result, ReadFile) and result.images:
                image = result.images[0]
                picture = store.thumbnail(result.sha256, image.item, image.offset, image.format, edge=EDGE)
                yield result.path, picture.read_bytes()
