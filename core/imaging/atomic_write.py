"""Write files atomically, complete or absent: temporary file, fsync, rename, fsync of the folder."""

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
    """Open a temporary file for writing that replaces `path` when the block succeeds and is removed when it fails.

    Args:
        path: The target file; missing parent folders are created.
        durable: Sync file and folder. False for files that can be recomputed: after a power cut they may be empty.
        drop_cache: Drop the file from the page cache once written, for files that are rarely read.
        mode: Permission bits of the file.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(_create(draft, mode), "wb") as file:
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


def _create(path: Path, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, mode)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, mode)


def fsync_folder(path: Path) -> None:
    """Sync a folder, so that files created or renamed in it survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
