"""Make staging folders for unfinished work: removed at the end, or at the next try if the process was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import SPACE, WAYS_OUT

ENDING = ".rounds-draft"
# By SQLite's messages, because its backup raises them without a code; a full disk can be either.
SQLITE = {"database or disk is full": SPACE, "disk I/O error": f"{SPACE}, and see whether the disk is sound"}


@contextmanager
def draft(beside: Path, name: str) -> Iterator[Path]:
    """Make a private folder on the same disk as its destination."""
    for leftover in beside.glob(f".*{ENDING}"):
        _sweep(leftover)
    folder = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=ENDING, dir=beside))
    lock = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # a file system without locks also never sweeps
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def leftovers(beside: Path, name: str) -> Iterator[Path]:
    """Yield the staging folders of a name whose owner is gone."""
    for folder in beside.glob(f".{name}.*{ENDING}"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                os.close(lock)
            yield folder


def is_in_draft(path: Path) -> bool:
    """Tell whether a path is in a staging folder."""
    return any(part.endswith(ENDING) for part in path.parts)


def why(error: Exception) -> tuple[str, str]:
    """Return the reason of an error of the system or SQLite, and the way out."""
    cause = getattr(error, "orig", None) or error
    name, reason = getattr(cause, "filename", None), getattr(cause, "strerror", None) or str(cause)
    at = f" at {name}" if isinstance(name, str) and not is_in_draft(Path(name)) else ""
    known = WAYS_OUT.get(getattr(cause, "errno", None) or 0) or SQLITE.get(reason)
    return f"{reason}{at}", known or "run `rounds doctor`"


def _sweep(leftover: Path) -> None:
    with suppress(OSError):
        lock = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its owner lives
            shutil.rmtree(leftover, ignore_errors=True)
        finally:
            os.close(lock)
