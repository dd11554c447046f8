"""A folder for what is not finished yet: gone at the end, and what a killed process left of its own at the next try."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import SPACE, WAYS_OUT

ENDING = ".rounds-draft"
# By SQLite's words, for its backup raises them without their code; a full disk can be either.
SQLITE = {"database or disk is full": SPACE, "disk I/O error": f"{SPACE}, and see whether the disk is sound"}


@contextmanager
def draft(beside: Path, name: str) -> Iterator[Path]:
    """A folder of ours alone, on the same disk as what it becomes."""
    for left in beside.glob(f".*{ENDING}"):
        _sweep(left)
    folder = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=ENDING, dir=beside))
    held = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # where a file system knows no such locks, nobody sweeps either
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def is_in_draft(path: Path) -> bool:
    """Whether a path lies in such a folder."""
    return any(part.endswith(ENDING) for part in path.parts)


def why(error: Exception) -> tuple[str, str]:
    """What the machine or SQLite would not do, and the way out."""
    cause = getattr(error, "orig", None) or error
    name, reason = getattr(cause, "filename", None), getattr(cause, "strerror", None) or str(cause)
    at = f" at {name}" if isinstance(name, str) and not is_in_draft(Path(name)) else ""
    known = WAYS_OUT.get(getattr(cause, "errno", None) or 0) or SQLITE.get(reason)
    return f"{reason}{at}", known or "see what `rounds doctor` says"


def _sweep(left: Path) -> None:
    with suppress(OSError):
        held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its owner lives
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(held)
