"""Files in, results out, through child processes with limits: untrusted bytes are never parsed in this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import Any

from core.errors import InvalidInput
from core.imaging.deidentify import Identity
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store

TICK_S = 0.2
PARTING_S = 2.0
SECONDS, SECONDS_PER_BYTE = 60.0, 1e-6  # one file's time: a minute, and a second more per megabyte


@dataclass(frozen=True, slots=True)
class ReadImage:
    """One image of a file that was read; its samples lie in the pixel store at `offset`."""

    item: str
    format: PixelFormat
    offset: int
    pixel_sha256: str
    identity: Identity = field(repr=False)
    facts: dict[str, str]
    position: float
    label: str | None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was taken."""

    path: Path
    sha256: str
    importer: str
    images: tuple[ReadImage, ...]


@dataclass(frozen=True, slots=True)
class AlreadyImported:
    """A file that the catalogue holds already."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class FileRejection:
    """A file that was not taken, and why, in one sentence."""

    path: Path
    reason: str


ReadResult = ReadFile | AlreadyImported | FileRejection


def list_files(folder: Path) -> list[Path]:
    """Every file below a folder, or the file itself, in a steady order."""
    if folder.is_file():
        return [folder]
    try:
        return sorted(Path(here) / name for here, _, names in os.walk(folder, onerror=_raise) for name in names)
    except OSError as error:
        raise InvalidInput(f"The folder {folder} cannot be read ({error.strerror}); check its permissions.") from error


def read_files_polling(
    paths: Sequence[Path],
    *,
    store: Store | None,
    reference: bool = False,
    workers: int = 2,
    known: Callable[[str], bool] = lambda _: False,
    at: Callable[[str], int | None] = lambda _: None,
) -> Generator[ReadResult | None, None, None]:
    """Read files as they come, in two children at once; closing the iterator stops them.

    Yields None a few times a second while a slow file is waited for: a moment to report progress, or to stop.
    Without a store nothing is written: a dry run. Of a file that is read again though the catalogue has it, `at` says
    where its pixels begin. A child that dies, hangs or wants too much memory costs one Refusal, and a fresh child goes
    on with the rest.
    """
    waiting = list(reversed(paths))
    children: list[_ReaderProcess] = []
    selector = DefaultSelector()
    try:
        for _ in range(min(workers, len(paths))):
            children.append(_ReaderProcess(store, reference, selector))
            children[-1].take(waiting)
        while any(child.path for child in children):
            ready = {id(key.data) for key, _ in selector.select(timeout=TICK_S)}
            yield from _yield_outside_deadline(None, children)
            for index, child in enumerate(children):
                for result in child.poll(known, at, ready=id(child) in ready):
                    if child.ended:
                        child.close()
                        child = children[index] = _ReaderProcess(store, reference, selector)
                    child.take(waiting)
                    yield from _yield_outside_deadline(result, children)
    finally:
        for child in children:
            child.close()
        selector.close()


def _yield_outside_deadline(
    result: ReadResult | None, children: "list[_ReaderProcess]"
) -> Generator[ReadResult | None, None, None]:
    """Hand it over. The time that its taker needs (a locked catalogue is waited for) is not the readers'."""
    since = monotonic()
    yield result
    for child in children:
        child.deadline += monotonic() - since


def _raise(error: OSError) -> None:
    raise error


class _ReaderProcess:
    """One reading process: a line of JSON in, lines of JSON out. Never a pickle from there."""

    def __init__(self, store: Store | None, reference: bool, selector: DefaultSelector) -> None:
        home = str(store.home) if store else ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.imaging.reader_process", home, "reference" if reference else "keep"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.selector, self.ended, self.deadline = selector, False, 0.0
        self.path: Path | None = None
        self.buffer = b""
        os.set_blocking(self.process.stdout.fileno(), False)
        selector.register(self.process.stdout, EVENT_READ, self)

    def take(self, waiting: list[Path]) -> None:
        """Start on the next file, or idle where none is left."""
        self.path = waiting.pop() if waiting else None
        if self.path is not None:
            size = self.path.stat().st_size if self.path.exists() else 0
            self.deadline = monotonic() + SECONDS + size * SECONDS_PER_BYTE
            self._say({"path": os.fspath(self.path)})

    def poll(
        self, known: Callable[[str], bool], at: Callable[[str], int | None], *, ready: bool
    ) -> Iterator[ReadResult]:
        """At most one result, of the file in hand."""
        if self.path is None:
            return
        if ready:
            yield from self._hear(self.path, known, at)
        elif monotonic() > self.deadline:
            self.ended = True
            self.process.kill()
            yield FileRejection(
                self.path, f"could not be read within {SECONDS:.0f} seconds; it is damaged or far too large."
            )

    def close(self) -> None:
        """End the process."""
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        if self.process.stdout.closed:
            return
        self.selector.unregister(self.process.stdout)
        self.process.terminate()
        try:
            self.process.wait(PARTING_S)
        except subprocess.TimeoutExpired:  # stuck in a codec
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        with suppress(BrokenPipeError):  # it died with a request unread
            self.process.stdin.close()

    def _hear(self, path: Path, known: Callable[[str], bool], at: Callable[[str], int | None]) -> Iterator[ReadResult]:
        assert self.process.stdout is not None
        while chunk := self.process.stdout.read(1 << 20):
            self.buffer += chunk
        if chunk == b"":  # end of file, where None would mean "no more for now"
            self.ended = True
            yield FileRejection(path, "made its reader crash or want too much memory; it is damaged or far too large.")
            return
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            said = json.loads(line)
            if "asked" in said:
                is_known = known(said["asked"])
                self._say({"known": is_known, "at": None if is_known else at(said["asked"])})
            else:
                yield _result(path, said)

    def _say(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the next listen finds the end of its output
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()


def _result(path: Path, said: dict[str, Any]) -> ReadResult:
    if "refused" in said:
        return FileRejection(path, said["refused"])
    if "known" in said:
        return AlreadyImported(path, said["known"])
    images = tuple(
        ReadImage(
            **{
                **one,
                "format": PixelFormat.from_json(one["format"]),
                "identity": Identity(**{**one["identity"], "others": tuple(one["identity"]["others"])}),
            }
        )
        for one in said["images"]
    )
    return ReadFile(path, said["sha256"], said["importer"], images)
