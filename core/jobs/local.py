"""Launch jobs as detached processes on this machine, through a dispatcher that runs on demand."""

import os
import subprocess
import sys
from pathlib import Path

from core.jobs.locks import acquire, is_held
from core.settings import Settings


class LocalLauncher:
    """The launcher that starts `python -m core dispatch`, which exits when no job is queued."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of the home."""
        self.settings = settings

    def wake(self) -> None:
        """Start a dispatcher unless one is running, which checks the queue once more after it releases its lock.

        The lock is acquired here and inherited, so that no second dispatcher starts while the first one loads.
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
        """Return whether a process of the job's tree holds its lock."""
        return is_held(job_lock(self.settings, job_id))

    def devices(self) -> list[str]:
        """Return one slot per GPU, else the CPU, from /dev: importing torch would take seconds."""
        cards = sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is not None:
            cards = [card for card in visible.split(",") if card.strip() not in ("", "-1")]
        return [f"cuda:{index}" for index in range(len(cards))] or ["cpu"]


def detach(argv: list[str], settings: Settings, *, inherit: tuple[int, ...] = ()) -> None:
    """Start a process in a new session that outlives this one; its output goes to jobs/launch.log."""
    _unwaited[:] = [
        child for child in _unwaited if child.poll() is None
    ]  # poll children, which would stay zombies otherwise
    log = settings.folder("jobs") / "launch.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=inherit,
            cwd=settings.home,
            env=os.environ | {"ROUNDS_HOME": str(settings.home)},
        )
    _unwaited.append(process)


def dispatcher_lock(settings: Settings) -> Path:
    """Return the path of the lock that the dispatcher of a home holds."""
    return settings.folder("jobs") / "dispatcher.lock"


def job_lock(settings: Settings, job_id: int) -> Path:
    """Return the path of the lock that the process tree of a job holds."""
    return settings.folder("jobs") / f"{job_id}.lock"


def slot_lock(settings: Settings, slot: str) -> Path:
    """Return the path of the lock that the job in a slot (a device, or the import) holds."""
    return settings.folder("jobs") / f"slot-{slot.replace(':', '-')}.lock"


_unwaited: list[subprocess.Popen[bytes]] = []
