"""Read the exact names inside files that a table may give instead of a path: a SOPInstanceUID, or a sha256."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from core.imaging.tables.column_titles import plain_title
from core.imaging.tables.file_names import NameIndex
from core.imaging.tables.table import Table

UID = re.compile(r"[0-2](\.\d+){4,}")
SHA256 = re.compile(r"[0-9a-fA-F]{64}")
META = re.compile(rb"\x02\x00\x03\x00UI([\x00-\x40])\x00([0-9.]+)")  # MediaStorageSOPInstanceUID (0002,0003)
HEAD = 2_048  # bytes, in which the meta information lies
SAMPLE = 200  # rows
CALLED_BY_ANY = ("image", "file")  # titles of columns that give names or identifiers, as in our exports


def identifiers_of(table: Table, names: NameIndex[Path], paths: Iterable[Path]) -> dict[Path, list[str]]:
    """Return the identifiers by file, of the kinds that the table gives instead of file names; none if it gives none.

    To read them takes long: every file is opened, and for its sha256 read to its end. So a checksum beside a file name
    is not looked for.
    """
    cells = zip(*(cells for _, cells in islice(table.rows(), SAMPLE)), strict=True)
    columns = dict(zip(table.columns, cells, strict=False))
    if any(sum(map(names.may_name, cells)) * 2 > len(cells) for cells in columns.values()):
        columns = {title: cells for title, cells in columns.items() if plain_title(title) in CALLED_BY_ANY}
    has_uids, has_hashes = (
        any(all(map(form.fullmatch, cells)) for cells in columns.values()) for form in (UID, SHA256)
    )
    return {path: [*_read(path, has_uids, has_hashes)] for path in paths} if has_uids or has_hashes else {}


def _read(path: Path, has_uids: bool, has_hashes: bool) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            if has_uids and (match := META.search(file.read(HEAD))):
                yield match[2][: match[1][0]].decode()
            if has_hashes:
                file.seek(0)
                yield hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return  # the import refuses the file with its reason
