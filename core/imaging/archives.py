"""Unpack ZIP and tar archives into a folder: only files, never outside the folder, within limits of size and number."""

import errno
import gzip
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from core.errors import InvalidInput
from core.imaging.atomic_write import atomic_write
from core.imaging.file_listing import FileRejection
from core.imaging.tables.text_encoding import find_encoding

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
UTF8_FLAG, ENCRYPTED = 0x800, 0x1  # general purpose bits of a ZIP entry
CHUNK = 1 << 20
Archive = zipfile.ZipFile | tarfile.TarFile
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


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may unpack to: files, bytes, and bytes for each byte of the archive above a first gigabyte."""

    files: int = 1_000_000
    size: int = 200 << 30
    ratio: int = 100
    free: int = 1 << 30


@dataclass(frozen=True, slots=True)
class _Member:
    """An entry of an archive: its name, why it is refused ("" if it is not), and what opens it."""

    name: str
    reason: str
    entry: zipfile.ZipInfo | tarfile.TarInfo


def is_archive(path: Path) -> bool:
    """Return whether a name is that of an archive that `unpack` opens.

    >>> is_archive(Path("scans.ZIP")), is_archive(Path("brain.nii.gz"))
    (True, False)
    """
    return path.name.lower().endswith(ENDINGS)


def stem(path: Path) -> str:
    """Return the name of an archive without its ending."""
    return next(path.name[: -len(one)] for one in sorted(ENDINGS, key=len)[::-1] if path.name.lower().endswith(one))


def unpack(archive: Path, folder: Path, limits: Limits | None = None) -> tuple[FileRejection, ...]:
    """Write the files of an archive into a folder; return the entries that were refused, each with its reason.

    Raises:
        InvalidInput: it is no archive, is damaged, or exceeds a limit.
    """
    limits = limits or Limits()
    room = _Room(archive.name, limits, min(limits.size, limits.free + limits.ratio * archive.stat().st_size))
    refused = []
    with ExitStack() as stack:
        try:
            opened: Archive = _open(archive)
            stack.enter_context(opened)
            for member in _members(opened):
                reason = member.reason or _unsafe(member.name) or room.write(opened, member, folder)
                if reason:
                    refused.append(FileRejection(folder / _plain(member.name), reason))
        except DAMAGED as error:
            raise InvalidInput(f"{archive.name} is no archive, or is damaged ({error}); make it again.") from error
    return tuple(refused)


class _Room:
    """What may still be written."""

    def __init__(self, name: str, limits: Limits, size: int) -> None:
        self.name, self.size, self.files, self.limits = name, size, limits.files, limits

    def write(self, opened: Archive, member: _Member, folder: Path) -> str:
        """Write a file; return the reason if it is refused."""
        target = folder / member.name.replace("\\", "/")
        if os.path.lexists(target):
            return "is twice in the archive; the first one was taken."
        self.files -= 1
        self._check(self.files >= 0, f"more than {self.limits.files:,} files")
        try:
            with _reader(opened, member) as source, atomic_write(target, durable=False) as file:
                while chunk := source.read(CHUNK):
                    self.size -= len(chunk)
                    self._check(self.size >= 0, "far more data than its size allows")
                    file.write(chunk)
        except OSError as error:
            if error.errno not in NAMES:
                raise
            return f"cannot be written under its name ({error.strerror}); shorten or correct the name."
        return ""

    def _check(self, is_within: bool, what: str) -> None:
        if not is_within:
            raise InvalidInput(f"{self.name} unpacks to {what}; unpack it yourself and import the folder.")


def _open(archive: Path) -> Archive:
    if archive.suffix.lower() == ".zip":
        return zipfile.ZipFile(archive)
    return tarfile.open(archive)


def _members(opened: Archive) -> Iterator[_Member]:
    """Yield the entries that are no folders."""
    if isinstance(opened, zipfile.ZipFile):
        entries = [one for one in opened.infolist() if not one.is_dir()]
        legacy = [one.filename.encode("cp437", "replace") for one in entries if not one.flag_bits & UTF8_FLAG]
        encoding = find_encoding(b"\n".join(legacy)) or "cp437"
        yield from (_Member(_zip_name(one, encoding), _zip_reason(one), one) for one in entries)
        return
    for entry in opened:
        if not entry.isdir():
            yield _Member(entry.name.encode("utf-8", "replace").decode(), _tar_reason(entry), entry)


def _zip_name(entry: zipfile.ZipInfo, encoding: str) -> str:
    """Return the name of an entry; archives of Windows write names in the encoding of their country."""
    if entry.flag_bits & UTF8_FLAG or entry.filename.isascii():
        return entry.filename
    return entry.filename.encode("cp437", "replace").decode(encoding, "replace")


def _zip_reason(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & ENCRYPTED:
        return "is protected by a password; unpack the archive yourself and import the folder."
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return "" if kind in (0, stat.S_IFREG) else "is a link or a device, not a file, and was not unpacked."


def _tar_reason(entry: tarfile.TarInfo) -> str:
    return "" if entry.isreg() else "is a link or a device, not a file, and was not unpacked."


def _unsafe(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0] or "\0" in name or not path.parts:
        return "names a place outside the archive, and was not unpacked."
    return ""


def _plain(name: str) -> str:
    """Return the name of a refused entry as one that lies in a folder."""
    parts = PurePosixPath(name.replace("\\", "/").replace("\0", "")).parts
    return "/".join(part for part in parts if part not in ("/", "..", "//")) or "entry"


def _reader(opened: Archive, member: _Member) -> IO[bytes]:
    if isinstance(opened, zipfile.ZipFile):
        return opened.open(member.entry)  # type: ignore[arg-type]
    source = opened.extractfile(member.entry)  # type: ignore[arg-type]
    assert source is not None  # a regular file
    return source
