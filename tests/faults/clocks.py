"""A clock that can be set while processes run: `time.time` of those started after `lay` follows a file."""

from pathlib import Path

from tests.faults import traps

FOLLOW = """
import time
real = time.time
def told():
    try:
        with open({path!r}) as file:
            return real() + float(file.read() or 0)
    except OSError:
        return real()
time.time = told
"""
HOUR = 3600.0


class Clock:
    """Hours that the processes' clock is ahead; negative is behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def lay(cls, monkeypatch, folder: Path) -> "Clock":
        """Processes started from now on go by it."""
        path = folder / "clock.txt"
        traps.lay(monkeypatch, folder / "clock", FOLLOW.format(path=str(path)))
        clock = cls(path)
        clock.set(0)
        return clock

    def set(self, hours: float) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(str(hours * HOUR))
        draft.replace(self.path)
