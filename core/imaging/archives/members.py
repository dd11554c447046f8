"""The entries of an archive: their names in any encoding, and why some are not written."""

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from core.imaging.tables.text_encoding import find_encoding

UTF8_FLAG, ENCRYPTED = 0x800, 0x1  # general purpose bits of a ZIP entry
Archive = zipfile.ZipFile | tarfile.TarFile


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of an archive: its name, why it is refused ("" if it is not), and what opens it."""

    name: str
    reason: str
    entry: zipfile.ZipInfo | tarfile.TarInfo


def members(opened: Archive) -> Iterator[Member]:
    """Yield the entries that are no folders."""
    if isinstance(opened, zipfile.ZipFile):
        entries = [one for one in opened.infolist() if not one.is_dir()]
        legacy = [one.filename.encode("cp437", "replace") for one in entries if not one.flag_bits & UTF8_FLAG]
        encoding = find_encoding(b"\n".join(legacy)) or "cp437"
        yield from (Member(_zip_name(one, encoding), _zip_reason(one), one) for one in entries)
        return
    for entry in opened:
        if not entry.isdir():
            yield Member(entry.name.encode("utf-8", "replace").decode(), _tar_reason(entry), entry)


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


def unsafe(name: str) -> str:
    """Return why a name is refused that leads out of a folder, "" if it does not."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0] or "\0" in name or not path.parts:
        return "names a place outside the archive, and was not unpacked."
    return ""


def plain_name(name: str) -> str:
    """Return the name of a refused entry as one that lies in a folder."""
    parts = PurePosixPath(name.replace("\\", "/").replace("\0", "")).parts
    return "/".join(part for part in parts if part not in ("/", "..", "//")) or "entry"


def reader(opened: Archive, member: Member) -> IO[bytes]:
    """Open an entry."""
    if isinstance(opened, zipfile.ZipFile):
        return opened.open(member.entry)  # type: ignore[arg-type]
    source = opened.extractfile(member.entry)  # type: ignore[arg-type]
    assert source is not None  # a regular file
    return source
