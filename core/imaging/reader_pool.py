"""Read files in child processes with limits: untrusted bytes are never parsed in this process."""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import Any

from core.imaging.deidentify import Identity
from core.imaging.file_listing import FileRejection, list_paths
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store

TICK_S = 0.2
PARTING_S = 2.0
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # numpy starts a thread for each core, and a reader multiplies no matrices
AHEAD = 1000  # a slow file makes at most so many others wait that were read after it
FEW, ALONE_S = 24, 0.5  # so few files are read by one child, unless it takes longer: another starts in 0.2 s
SECONDS, SECONDS_PER_BYTE = 60.0, 1e-6  # time limit per file: one minute plus one second per megabyte


@dataclass(frozen=True, slots=True)
class ReadImage:
    """One image of a file that was read; its samples start at `offset` in the pixel store."""

    item: str
    format: PixelFormat
    offset: int
    pixel_sha256: str
    identity: Identity = field(repr=False)
    facts: dict[str, str]
    attributes: dict[str, Any]
    label: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read."""

    path: Path
    sha256: str
    importer: str
    images: tuple[ReadImage, ...]


@dataclass(frozen=True, slots=True)
class AlreadyImported:
    """A file that is already in the catalogue."""

    path: Path
    sha256: str


ReadResult = ReadFile | AlreadyImported | FileRejection


def list_files(folder: Path) -> list[Path]:
    """Return every file below a folder (or the file itself), sorted: the files of `list_paths` alone."""
    return list(list_paths(folder).files)


def read_files_polling(
    paths: Sequence[Path],
    *,
    store: Store | None,
    reference: bool = False,
    workers: int = 2,
    known: Callable[[str], bool] = lambda _: False,
    at: Callable[[str], int | None] = lambda _: None,
) -> Generator[ReadResult | None, None, None]:
    """Read files in parallel child processes and yield results in their order; closing the iterator stops them.

    Yields None a few times a second while waiting, so that the caller can report progress or stop. A child that
    crashes, hangs or exceeds its memory limit costs one FileRejection, and a new child continues with the rest.

    Args:
        paths: The files to read.
        store: Where to write; None for a dry run.
        reference: Link originals instead of copying them.
        workers: Number of child processes; one alone begins with few files.
        known: Whether the catalogue has a file, by SHA-256; such a file is not read.
        at: The pixel offset in the catalogue of a file that is read again, by SHA-256.
    """
    waiting, begun = deque(map(_Reading, paths)), deque[_Reading]()
    selector = DefaultSelector()
    children: list[_ReaderProcess] = []
    many, started = len(paths) > FEW, monotonic()
    try:
        while waiting or begun:
            most = workers if many or monotonic() - started > ALONE_S else 1
            busy = sum(child.reading is not None for child in children)
            while len(children) < min(most, busy + len(waiting)):
                children.append(_ReaderProcess(store, reference, selector))
            for child in children:
                if child.reading is None and waiting and len(begun) < AHEAD:
                    begun.append(waiting.popleft())
                    child.start(begun[-1])
            ready = {id(key.data) for key, _ in selector.select(timeout=TICK_S)}
            yield from _yield_outside_deadline(None, children)
            for index, child in enumerate(children):
                child.poll(known, at, ready=id(child) in ready)
                if child.ended:
                    child.close()
                    children[index] = _ReaderProcess(store, reference, selector)
            while begun and (result := begun[0].result):
                begun.popleft()
                yield from _yield_outside_deadline(result, children)
    finally:
        for child in children:
            child.close()
        selector.close()


@dataclass(slots=True)
class _Reading:
    """A file that waits to be read, is read, or was read and waits for those before it."""

    path: Path
    result: ReadResult | None = None


def _yield_outside_deadline(
    result: ReadResult | None, children: "list[_ReaderProcess]"
) -> Generator[ReadResult | None, None, None]:
    """Yield a result, and extend the deadlines by the time the caller takes (it may wait for a locked catalogue)."""
    since = monotonic()
    yield result
    for child in children:
        child.deadline += monotonic() - since


class _ReaderProcess:
    """A reader process: one line of JSON in, lines of JSON out. Its output is never unpickled."""

    def __init__(self, store: Store | None, reference: bool, selector: DefaultSelector) -> None:
        home = str(store.home) if store else ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.imaging.reader_process", home, "reference" if reference else "keep"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
        )
        assert self.process.stdout is not None
        self.selector, self.ended, self.deadline = selector, False, 0.0
        self.reading: _Reading | None = None
        self.buffer = b""
        os.set_blocking(self.process.stdout.fileno(), False)
        selector.register(self.process.stdout, EVENT_READ, self)

    def start(self, reading: _Reading) -> None:
        """Start reading a file."""
        self.reading = reading
        size = reading.path.stat().st_size if reading.path.exists() else 0
        self.deadline = monotonic() + SECONDS + size * SECONDS_PER_BYTE
        self._send({"path": os.fspath(reading.path)})

    def poll(self, known: Callable[[str], bool], at: Callable[[str], int | None], *, ready: bool) -> None:
        """Set the result of the current file, if there is one, and be idle again."""
        if self.reading is None:
            return
        if ready:
            self.reading.result = self._read_messages(self.reading.path, known, at)
        elif monotonic() > self.deadline:
            self.ended = True
            self.process.kill()
            self.reading.result = FileRejection(
                self.reading.path, f"could not be read within {SECONDS:.0f} seconds; it is damaged or far too large."
            )
        if self.reading.result:
            self.reading = None

    def close(self) -> None:
        """Terminate the process."""
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
        with suppress(BrokenPipeError):  # it ended with a request unread
            self.process.stdin.close()

    def _read_messages(
        self, path: Path, known: Callable[[str], bool], at: Callable[[str], int | None]
    ) -> ReadResult | None:
        assert self.process.stdout is not None
        while chunk := self.process.stdout.read(1 << 20):
            self.buffer += chunk
        if chunk == b"":  # end of file, where None would mean "no more for now"
            self.ended = True
            return FileRejection(
                path, "crashed the file reader or exceeded its memory limit; it is damaged or far too large."
            )
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            message = json.loads(line)
            if "asked" in message:
                is_known = known(message["asked"])
                self._send({"known": is_known, "at": None if is_known else at(message["asked"])})
            else:
                return _parse_result(path, message)
        return None

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the next poll finds the end of its output
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()


def _parse_result(path: Path, message: dict[str, Any]) -> ReadResult:
    if "refused" in message:
        return FileRejection(path, message["refused"])
    if "known" in message:
        return AlreadyImported(path, message["known"])
    images = tuple(
        ReadImage(
            **{
                **image,
                "format": PixelFormat.from_json(image["format"]),
                "identity": Identity(**{**image["identity"], "others": tuple(image["identity"]["others"])}),
                "notes": tuple(image["notes"]),
            }
        )
        for image in message["images"]
    )
    return ReadFile(path, message["sha256"], message["importer"], images)
