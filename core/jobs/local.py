"""The local launcher: detached processes of this machine, started by an on-demand dispatcher."""

import os
import subprocess
import sys
from pathlib import Path

from core.jobs.locks import acquire, is_held
from core.settings import Settings


class LocalLauncher:
    """Starts `python -m core dispatch`, which exits when nothing waits; knows the living by their locks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def wake(self) -> None:
        """Start a dispatcher, unless one is at work: that one looks once more after it has given its lock back.

        Its lock is taken here and handed down, so that nobody starts a second one while the first loads.
        """
        lock = acquire(dispatcher_lock(self.settings))
        if lock is None:
            return
        try:
            argv = [sys.executable, "-m", "core", "--home", str(self.settings.home), "dispatch", "--lock", str(lock)]
            detach(argv, self.settings, inherit=(lock,))
        finally:
            os.close(lock)

    def alive(self, job_id: int) -> bool:
        """Whether a process of the job's tree still holds its lock."""
        return is_held(job_lock(self.settings, job_id))

    def devices(self) -> list[str]:
        """One slot per graphics card, else the CPU. Asks the driver's files, not torch: that costs seconds."""
        cards = sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is not None:
            cards = [card for card in visible.split(",") if card.strip() not in ("", "-1")]
        return [f"cuda:{index}" for index in range(len(cards))] or ["cpu"]


def detach(argv: list[str], settings: Settings, *, inherit: tuple[int, ...] = ()) -> None:
    """Start a process of its own session that outlives this one; what it prints goes to jobs/launch.log."""
    _unwaited[:] = [child for child in _unwaited if child.poll() is None]  # a child unasked-for stays a zombie
    log = settings.folder("jobs") / "launch.log"
    with log.open("ab") as words:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            pass_fds=inherit,
            cwd=settings.home,
            env=os.environ | {"ROUNDS_HOME": str(settings.home)},
        )
    _unwaited.append(process)


def dispatcher_lock(settings: Settings) -> Path:
    """Held by the one dispatcher of a home."""
    return settings.folder("jobs") / "dispatcher.lock"


def job_lock(settings: Settings, job_id: int) -> Path:
    """Held by the process tree that works on the job."""
    return settings.folder("jobs") / f"{job_id}.lock"


def slot_lock(settings: Settings, slot: str) -> Path:
    """Held by the job that uses the slot (a device, or the importing of files)."""
    return settings.folder("jobs") / f"slot-{slot.replace(':', '-')}.lock"


_unwaited: list[subprocess.Popen[bytes]] = []
