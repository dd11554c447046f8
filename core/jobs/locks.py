"""Locks that the kernel gives back at kill -9 or power loss: flocked files, inherited by a job's process tree."""

import fcntl
import os
from pathlib import Path


def acquire(path: Path) -> int | None:
    """A file descriptor that holds the lock, None where somebody else does. Closing every copy of it gives it back."""
    return _locked(path, fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    handle = _locked(path, fcntl.LOCK_SH)  # shared, so that two who ask do not take each other for the holder
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
