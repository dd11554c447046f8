"""Writing so that a file is whole or not there: temp, fsync, rename, fsync of the folder."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_write(
    path: Path, *, durable: bool = True, drop_cache: bool = False, mode: int = 0o600
) -> Iterator[BinaryIO]:
    """A file open for writing that becomes `path` when the block ends well, and is gone when it does not.

    Not durable, it may be empty after a power cut: for what can be made again. What is read seldom is not kept in the
    machine's memory.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(_created(draft, mode), "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if drop_cache and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if durable:
            replace_durably(draft, path)
        else:
            os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def replace_durably(source: Path, target: Path) -> None:
    """Rename a finished file over its target, and sync the folder so that the new name survives a power cut."""
    os.replace(source, target)
    fsync_folder(target.parent)


def _created(path: Path, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, mode)


def fsync_folder(path: Path) -> None:
    """Names made or changed in a folder are on the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
