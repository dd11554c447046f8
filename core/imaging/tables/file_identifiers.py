"""Read the exact names inside files that a table may give instead of a path: a SOPInstanceUID, or a sha256."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from core.imaging.tables.table import Table

UID = re.compile(r"[0-2](\.\d+){4,}")
SHA256 = re.compile(r"[0-9a-fA-F]{64}")
META = re.compile(rb"\x02\x00\x03\x00UI([\x00-\x40])\x00([0-9.]+)")  # MediaStorageSOPInstanceUID (0002,0003)
HEAD = 2_048  # bytes, in which the meta information lies
SAMPLE = 200  # rows


def identifiers_of(table: Table, paths: Iterable[Path]) -> dict[Path, list[str]]:
    """Return the identifiers of the kinds that the table seems to give by file; none if it gives none."""
    cells = {cell for _, row in islice(table.rows(), SAMPLE) for cell in row}
    has_uids, has_hashes = any(map(UID.fullmatch, cells)), any(map(SHA256.fullmatch, cells))
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
