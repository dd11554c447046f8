"""Lock files by flock, which the kernel releases at kill -9, and which the process tree of a job inherits."""

import fcntl
import os
from pathlib import Path


def acquire(path: Path) -> int | None:
    """Return a file descriptor that holds the lock, None if it is taken. Closing every copy of it releases the lock."""
    return _locked(path, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock."""
    handle = _locked(path, fcntl.LOCK_SH)  # shared, so that two concurrent checks do not see each other as the holder
    if handle is None:
        return True
    os.close(handle)
    return False


def _locked(path: Path, kind: int) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
