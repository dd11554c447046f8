"""Told by the kernel the moment a file is made in a folder (Linux): looking again and again comes too late."""

import ctypes
import os
import select
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CREATE, MOVED_TO = 0x100, 0x80  # IN_CREATE, IN_MOVED_TO of sys/inotify.h
HEAD = struct.Struct("iIII")


class Arrivals:
    """The names that appear in one folder."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def wait(self, start: str, seconds: float) -> bool:
        """Until a name that begins so appears; False where none did in that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.handle], [], [], left)[0] and any(name.startswith(start) for name in self._names()):
                return True
        return False

    def _names(self) -> Iterator[str]:
        names, at = os.read(self.handle, 65536), 0
        while at < len(names):
            length = HEAD.unpack_from(names, at)[3]
            yield names[at + HEAD.size : at + HEAD.size + length].rstrip(b"\0").decode()
            at += HEAD.size + length


@contextmanager
def arrivals(folder: Path) -> Iterator[Arrivals]:
    """Watch a folder while the block lasts."""
    library = ctypes.CDLL(None, use_errno=True)
    handle = library.inotify_init1(os.O_CLOEXEC)
    if handle < 0 or library.inotify_add_watch(handle, os.fsencode(folder), CREATE | MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    try:
        yield Arrivals(handle)
    finally:
        os.close(handle)
