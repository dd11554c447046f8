"""Pack the files that a copied catalogue names into a backup, and hash them on the way."""

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select

from core.imaging.store import Store
from core.services.training import runs
from core.settings import Settings
from core.training.checkpoint import read_epoch
from db import Database
from db.tables import Checkpoint, Image, Job, Run
from db.vocabulary import CheckpointKind, JobKind, JobState

Tell = Callable[[int, int], None]


class Pack:
    """The tar being written, and the sha256 of every file in it."""

    def __init__(self, tar: tarfile.TarFile, tell: Tell) -> None:
        """Take the open archive, and what reports each file."""
        self.tar, self.tell, self.expected = tar, tell, 0
        self.hashes: dict[str, str] = {}

    def add(self, name: str, path: Path) -> str:
        """Add a file; return its sha256."""
        with path.open("rb") as file:
            return self.add_open(name, file)

    def add_open(self, name: str, file: BinaryIO) -> str:
        """Add an open file at its current length (a log grows while it is read); return its sha256."""
        hashed = _Hashed(file)
        self.tar.addfile(_tar_member(name, os.fstat(file.fileno()).st_size), hashed)
        self.hashes[name] = hashed.sha256.hexdigest()
        self.tell(len(self.hashes), max(self.expected, len(self.hashes)))
        return self.hashes[name]

    def put(self, name: str, data: bytes) -> None:
        """Add bytes without hashing them."""
        self.tar.addfile(_tar_member(name, len(data)), io.BytesIO(data))


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self.file.read(size)
        self.sha256.update(data)
        return data


def _tar_member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member


def images(copied: Database, settings: Settings, pack: Pack) -> Iterator[str]:
    """Pack originals and pixels; yield notes about them."""
    store, outside, bad = Store(settings.home), 0, 0
    with copied.read() as session:
        hashes = session.scalars(select(Image.sha256).distinct().order_by(Image.sha256)).all()
    pack.expected += 2 * len(hashes)
    for sha256 in hashes:
        original, pixels = store.find_original(sha256), store.pixels(sha256)
        for path in (original, pixels):
            if path is None or not path.exists():
                bad += 1
                continue
            sha256_in_backup = pack.add(path.relative_to(settings.home).as_posix(), path)
            outside += path.suffix == ".ref"
            bad += path.suffix == "" and sha256_in_backup != sha256
    if outside:
        yield f"{outside} originals were imported with --reference and are not in this backup; keep their folders."
    if bad:
        yield f"{bad} image files are missing or changed in the home, and so in the backup; run `rounds doctor`."


def run_files(copied: Database, settings: Settings, pack: Pack) -> Iterator[str]:
    """Pack the runs' files; yield notes about them."""
    with copied.read() as session:
        numbers = session.scalars(select(Run.id).order_by(Run.id)).all()
    for number in numbers:
        folder = runs.folder(settings, number)
        files = [path for path in folder.glob("[!.]*") if path.is_file()]
        # A training may be writing: open all files at once, the resume state before the weights, because a kill also
        # leaves weights newer than the state, and a resume handles that.
        with ExitStack() as stack:
            opened = {
                path.name: stack.enter_context(path.open("rb"))
                for path in sorted(files, key=lambda path: (path.name != "resume.pt", path.name))
            }
            for name, file in opened.items():
                pack.add_open(f"runs/{number}/{name}", file)
            yield from _checkpoints(copied, number, opened, pack)


def _checkpoints(copied: Database, number: int, opened: Mapping[str, BinaryIO], pack: Pack) -> Iterator[str]:
    """Update the copied catalogue to weights saved after it was copied; yield notes about missing ones."""
    with copied.transaction() as session:
        for kind in CheckpointKind:
            row, name = session.get(Checkpoint, (number, kind)), f"{kind}.safetensors"
            packed_sha256 = pack.hashes.get(f"runs/{number}/{name}")
            if row is None or packed_sha256 == row.sha256:
                continue
            epoch = read_epoch(opened[name]) if name in opened else None
            if packed_sha256 and epoch and epoch > row.epoch:
                row.epoch, row.sha256 = epoch, packed_sha256
            else:
                yield f"The {kind} weights of run {number} are missing or changed in the home, and so in the backup."


def running_import(copied: Database) -> Iterator[str]:
    """Yield a note if an import is running."""
    with copied.read() as session:
        unfinished = select(func.count(Job.id)).where(
            Job.kind == JobKind.IMPORT, Job.state.in_([JobState.QUEUED, JobState.RUNNING])
        )
        if session.scalar(unfinished):
            yield "An import was running: its remaining files are not in this backup; import its folder again."
