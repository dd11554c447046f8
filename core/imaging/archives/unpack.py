"""Unpack ZIP and tar archives into a folder: only files, never outside the folder, within limits of size and number."""

import errno
import gzip
import lzma
import os
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.archives import members
from core.imaging.archives.endings import is_archive
from core.imaging.archives.members import Archive, Member
from core.imaging.archives.room import Limits, Room
from core.imaging.atomic_write import atomic_write
from core.imaging.file_listing import FileRejection

CHUNK = 1 << 20
TOO_DEEP = "is an archive inside two others, and was not opened; unpack it yourself and import the folder."
NAMES = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    ValueError,
    NotImplementedError,
    struct.error,
)


def unpack(archive: Path, folder: Path, room: Room | None = None) -> list[FileRejection]:
    """Write the files of an archive into a new folder; return the entries that were refused, each with its reason.

    An archive within it becomes a folder of its name, within the limits of the outer one; one still deeper is refused.

    Raises:
        InvalidInput: it cannot be opened, is no archive, is damaged, or exceeds a limit; nothing of it stays.
    """
    room = room or Room.of(Limits())
    room.begin(archive.stat().st_size)
    refused = _unpack(archive, folder, room)
    for inner in _archives_in(folder):
        refused += _unpack_inner(inner, room)
    return refused


def _archives_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if is_archive(path) and path.is_file())


def _unpack_inner(archive: Path, room: Room) -> list[FileRejection]:
    """Put a folder with the files of an archive in its place."""
    packed = Path(tempfile.mkdtemp(dir=archive.parent)) / archive.name
    archive.rename(packed)
    try:
        refused = _unpack(packed, archive, room)
        deeper = _archives_in(archive)
        for path in deeper:
            path.unlink()
        refused += [FileRejection(path, TOO_DEEP) for path in deeper]
        return refused
    except InvalidInput as error:
        return [FileRejection(archive, f"was not opened: {error}")]
    finally:
        shutil.rmtree(packed.parent)


def _unpack(archive: Path, folder: Path, room: Room) -> list[FileRejection]:
    """Write the files of an archive; of one that fails nothing stays, and nothing counts."""
    refused, before = list[FileRejection](), (room.files, room.size, room.share)
    try:
        with _open(archive) as opened:
            for member in members.members(opened):
                reason = member.reason or members.unsafe(member.name) or _write(opened, member, folder, room, archive)
                if reason:
                    refused.append(FileRejection(folder / members.plain_name(member.name), reason))
        if not refused and not folder.exists():
            raise InvalidInput(f"{archive.name} has no files; choose another archive.")
    except (InvalidInput, *DAMAGED) as error:
        shutil.rmtree(folder, ignore_errors=True)
        room.files, room.size, room.share = before
        if isinstance(error, InvalidInput):
            raise
        why = str(error).partition("\n")[0].rstrip(":")
        raise InvalidInput(f"{archive.name} is no archive, or is damaged ({why}); make it again.") from error
    return refused


def _write(opened: Archive, member: Member, folder: Path, room: Room, archive: Path) -> str:
    """Write a file; return the reason if it is refused."""
    target = folder / member.name.replace("\\", "/")
    if os.path.lexists(target):
        return "is twice in the archive; the first one was taken."
    room.take(archive.name, files=1)
    try:
        with members.reader(opened, member) as source, atomic_write(target, durable=False) as file:
            while chunk := source.read(CHUNK):
                room.take(archive.name, size=len(chunk))
                file.write(chunk)
    except OSError as error:
        if error.errno not in NAMES:
            raise
        return f"cannot be written under its name ({error.strerror}); shorten or correct the name."
    return ""


def _open(archive: Path) -> Archive:
    try:
        return zipfile.ZipFile(archive) if archive.suffix.lower() == ".zip" else tarfile.open(archive)
    except PermissionError as error:
        raise InvalidInput(f"{archive.name} cannot be opened ({error.strerror}); check its permissions.") from error
