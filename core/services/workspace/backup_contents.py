"""What goes into a backup: the files that a copied catalogue names, hashed as they pass."""

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
    """The tar being written, and the hash of all that went in."""

    def __init__(self, tar: tarfile.TarFile, tell: Tell) -> None:
        self.tar, self.tell, self.expected = tar, tell, 0
        self.hashes: dict[str, str] = {}

    def add(self, name: str, path: Path) -> str:
        """A file; its sha256."""
        with path.open("rb") as file:
            return self.take(name, file)

    def take(self, name: str, file: BinaryIO) -> str:
        """An open file, as long as it is now: a log grows while it is read."""
        hashed = _Hashed(file)
        self.tar.addfile(_about(name, os.fstat(file.fileno()).st_size), hashed)
        self.hashes[name] = hashed.sha256.hexdigest()
        self.tell(len(self.hashes), max(self.expected, len(self.hashes)))
        return self.hashes[name]

    def put(self, name: str, data: bytes) -> None:
        """Bytes that nobody hashes."""
        self.tar.addfile(_about(name, len(data)), io.BytesIO(data))


class _Hashed:
    """Reads through to a file and hashes what passes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self.file.read(size)
        self.sha256.update(data)
        return data


def _about(name: str, size: int) -> tarfile.TarInfo:
    told = tarfile.TarInfo(name)
    told.size, told.mode, told.mtime = size, 0o600, int(time.time())
    return told


def images(copied: Database, settings: Settings, pack: Pack) -> Iterator[str]:
    """Originals and pixels; gives what is to be said of them."""
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
            found = pack.add(path.relative_to(settings.home).as_posix(), path)
            outside += path.suffix == ".ref"
            bad += path.suffix == "" and found != sha256
    if outside:
        yield f"Originals imported with --reference lie outside this backup ({outside}); keep the folders they are in."
    if bad:
        yield f"Of the images' files {bad} are gone or changed, here and so in the backup; `rounds doctor` says more."


def run_files(copied: Database, settings: Settings, pack: Pack) -> Iterator[str]:
    """What runs left on disk; gives what is to be said of it."""
    with copied.read() as session:
        numbers = session.scalars(select(Run.id).order_by(Run.id)).all()
    for number in numbers:
        folder = runs.folder(settings, number)
        files = [path for path in folder.glob("[!.]*") if path.is_file()]
        # A training may be writing: all are opened at once, and the state to go on from before the weights, for
        # weights newer than their state are what a kill leaves too, and a resume knows what to do with them.
        with ExitStack() as stack:
            opened = {
                path.name: stack.enter_context(path.open("rb"))
                for path in sorted(files, key=lambda path: (path.name != "resume.pt", path.name))
            }
            for name, file in opened.items():
                pack.take(f"runs/{number}/{name}", file)
            yield from _checkpoints(copied, number, opened, pack)


def _checkpoints(copied: Database, number: int, opened: Mapping[str, BinaryIO], pack: Pack) -> Iterator[str]:
    """Weights saved since the catalogue was copied: the copy's row is brought up to them."""
    with copied.transaction() as session:
        for kind in CheckpointKind:
            row, name = session.get(Checkpoint, (number, kind)), f"{kind}.safetensors"
            found = pack.hashes.get(f"runs/{number}/{name}")
            if row is None or found == row.sha256:
                continue
            epoch = read_epoch(opened[name]) if name in opened else None
            if found and epoch and epoch > row.epoch:
                row.epoch, row.sha256 = epoch, found
            else:
                yield f"The {kind} weights of run {number} are gone or changed, here and so in the backup."


def under_way(copied: Database) -> Iterator[str]:
    """Says that an import had not ended."""
    with copied.read() as session:
        going = select(func.count(Job.id)).where(
            Job.kind == JobKind.IMPORT, Job.state.in_([JobState.QUEUED, JobState.RUNNING])
        )
        if session.scalar(going):
            yield "An import was under way: what it had not taken yet is not in this backup; import its folder again."
