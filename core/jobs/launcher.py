"""How a job's process is started.

Law: a job is an argv; the catalogue owns its truth, an engine carries only an attempt.
"""

from typing import Protocol


class Launcher(Protocol):
    """What starts jobs: local processes today, Slurm or Ray behind the same verbs later."""

    def wake(self) -> None:
        """Something waits: see that it gets started. Asked at every look, so cheap where somebody sees to it."""

    def alive(self, job_id: int) -> bool:
        """Whether a process still works on the job."""

    def devices(self) -> list[str]:
        """Where a training could run: 'cuda:0', …, or 'cpu' alone."""
