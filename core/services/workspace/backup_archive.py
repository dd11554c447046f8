"""Unpack a backup's archive: only names that a backup may contain, only bytes with the recorded hash."""

import hashlib
import os
import re
import tarfile
from contextlib import suppress
from pathlib import Path

from core.errors import InvalidInput, UserError
from core.services.workspace.backup import CATALOGUE, MANIFEST, Contents
from core.services.workspace.backup_contents import Tell
from core.settings import KEY_BYTES

# Every name that a backup may contain; nothing else is extracted, so no name can lead out of the home.
NAMES = re.compile(
    rf"{re.escape(CATALOGUE)}|{re.escape(MANIFEST)}|originals/[0-9a-f]{{2}}/[0-9a-f]{{64}}(\.ref)?|"
    r"pixels/[0-9a-f]{2}/[0-9a-f]{64}\.raw|runs/[0-9]+/[A-Za-z0-9_-][A-Za-z0-9_.-]*|keys/[a-z0-9_-]+\.key"
)
LONGEST_ENTRY = 400  # bytes of a file in the manifest
LONGEST_PATH = 16_384  # bytes
WAY_OUT = "nothing was restored. Choose a file written by `rounds backup`."


def unpack(path: Path, folder: Path, tell: Tell) -> Contents:
    """Extract a backup into the folder; return its manifest.

    Raises:
        InvalidInput: not a backup, or it contains a file that no backup contains.
        UserError: it is damaged.
    """
    with _opened(path) as tar:
        members = _members(tar, path)
        contents = _contents(tar, members.pop(MANIFEST, None), path)
        if odd := sorted(members.keys() ^ contents.files.keys()):
            raise damaged(path, f"{odd[0]} is missing in the archive or in its manifest")
        # The catalogue first: a full disk or a damaged file is noticed early.
        for done, name in enumerate(sorted(contents.files, key=lambda name: name != CATALOGUE), start=1):
            if _extract(tar, members[name], folder / name) != contents.files[name]:
                raise damaged(path, f"the sha256 of {name} does not match")
            if not _has_form(folder / name):
                raise damaged(path, f"{name} does not contain what Rounds writes there")
            tell(done, len(contents.files))
    return contents


def damaged(path: Path, how: str) -> UserError:
    """Return the error about a damaged backup."""
    return UserError(f"The backup {path.name} is damaged ({how}): nothing was restored. Use another backup.")


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, mode="r:")
    except tarfile.TarError as error:
        raise InvalidInput(f"{path.name} is not a backup of Rounds: {WAY_OUT}") from error
    except OSError as error:
        problem = f"The backup {path} cannot be opened ({error.strerror})"
        raise InvalidInput(f"{problem}; choose a file that exists and that you may read.") from error


def _members(tar: tarfile.TarFile, path: Path) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    try:
        for member in tar:
            if not member.isreg() or member.issparse() or not NAMES.fullmatch(member.name) or member.name in members:
                raise InvalidInput(
                    f"{path.name} contains {member.name!r}, which no backup of Rounds contains: {WAY_OUT}"
                )
            members[member.name] = member
    except tarfile.TarError as error:
        raise damaged(path, f"the archive is incomplete: {error}") from error
    return members


def _contents(tar: tarfile.TarFile, member: tarfile.TarInfo | None, path: Path) -> Contents:
    try:
        manifest = tar.extractfile(member) if member else None
        return Contents.from_json(manifest.read(LONGEST_ENTRY * (len(tar.getmembers()) + 100)) if manifest else b"")
    except (tarfile.TarError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, "the archive is incomplete, or its manifest cannot be read") from error


def _has_form(path: Path) -> bool:
    """Return whether a key has its length, and the note of an original outside the home names one absolute path."""
    if path.suffix == ".key":
        return path.stat().st_size == KEY_BYTES
    if path.suffix != ".ref":
        return True
    with suppress(UnicodeDecodeError):
        linked = path.read_text("utf-8") if path.stat().st_size <= LONGEST_PATH else ""
        return linked.startswith("/") and linked.isprintable() and ".." not in linked.split("/")
    return False


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    for folder in (target.parent.parent, target.parent):  # parents=True would ignore the mode for the upper one
        folder.mkdir(mode=0o700, exist_ok=True)
    source, hashed = tar.extractfile(member), hashlib.sha256()
    assert source is not None
    mode = 0o400 if member.name.startswith("originals/") else 0o600
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        while chunk := source.read(1 << 20):
            hashed.update(chunk)
            file.write(chunk)
    return hashed.hexdigest()
