"""A second pair of eyes: no job may ever have two living processes, and no attempt two processes at all."""

import threading
from pathlib import Path

from tests.faults.processes import workers


class Watch:
    """Looks at the process table ten times a second while it is open."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.double: list[str] = []
        self.attempts: dict[int, list[tuple[int, int]]] = {}  # job → (attempt, pid) in the order seen
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            self._note()

    def _note(self) -> None:
        now: dict[int, int] = {}
        for process in workers(self.home):
            assert process.job is not None
            assert process.attempt is not None
            if now.setdefault(process.job, process.pid) != process.pid:
                self.double.append(f"job {process.job} has two processes: {now[process.job]} and {process.pid}")
            seen = self.attempts.setdefault(process.job, [])
            if (process.attempt, process.pid) not in seen:
                seen.append((process.attempt, process.pid))

    def check(self) -> None:
        """No double runs so far, and each job's attempts are numbered upwards, one process each."""
        assert not self.double, self.double
        for job, seen in self.attempts.items():
            numbers = [attempt for attempt, _ in seen]
            assert numbers == sorted(set(numbers)), f"job {job}: {seen}"
