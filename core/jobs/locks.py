"""Lock files by flock, which the kernel releases at kill -9, and which the process tree of a job inherits."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def acquire(path: Path) -> int | None:
    """Return a file descriptor that holds the lock, None if it is taken. Closing every copy of it releases the lock."""
    return _locked(path, fcntl.LOCK_EX)


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock together with others; wait while somebody holds it alone."""
    handle = _opened(path)
    try:
        with suppress(OSError):  # on a file system without locks nobody can hold it alone either
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)  # also for children that inherited the descriptor
        os.close(handle)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Hold the lock alone, if nobody holds it; yield whether it is held."""
    handle = acquire(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock."""
    handle = _locked(path, fcntl.LOCK_SH)  # shared, so that two concurrent checks do not see each other as the holder
    if handle is None:
        return True
    os.close(handle)
    return False


def _locked(path: Path, kind: int) -> int | None:
    handle = _opened(path)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
