"""The living processes of a home, and ways to end them without a word."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.jobs import local


@dataclass(frozen=True)
class Living:
    """A process of `python -m core` on a home. The dead whose parent has not asked for them have no argv any more."""

    pid: int
    session: int
    argv: tuple[str, ...]

    @property
    def job(self) -> int | None:
        return self._after("work")

    @property
    def attempt(self) -> int | None:
        return self._after("--attempt")

    def _after(self, word: str) -> int | None:
        return int(self.argv[self.argv.index(word) + 1]) if word in self.argv else None


def living(home: Path) -> Iterator[Living]:
    """What lives on a home: dispatchers, workers, readers of files."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            argv = Path(f"/proc/{name}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            if str(home) in argv and "-m" in argv:
                after_its_name = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                yield Living(int(name), int(after_its_name[3]), tuple(argv))


def workers(home: Path, job_id: int | None = None) -> list[Living]:
    """Processes that work on jobs, or on that one.

    Each was started in a session of its own: what does not lead one was forked by a worker a moment ago, and is on its
    way to be a reader of files.
    """
    processes = [one for one in living(home) if one.job is not None and one.pid == one.session]
    return [one for one in processes if job_id in (None, one.job)]


def dispatchers(home: Path) -> list[Living]:
    return [one for one in living(home) if "dispatch" in one.argv]


def file_readers(home: Path) -> list[Living]:
    return [one for one in living(home) if "core.imaging.reader_process" in one.argv]


def kill(processes: list[Living], *, group: bool = False) -> int:
    """Kill -9, or of the whole process group; how many were still there."""
    killed = 0
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL) if group else os.kill(process.pid, signal.SIGKILL)
            killed += 1
    return killed


def bury() -> None:
    """Ask for the ends of the processes that the launcher of this one left alone; none of them may live any more."""
    for child in local._unwaited:
        child.wait(30)


def until(true: Callable[[], object], seconds: float = 90, *, why: Callable[[], object] = lambda: "") -> None:
    """Wait for a condition; too long is a failure that says why."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it never came true: {why()}"
        time.sleep(0.02)
