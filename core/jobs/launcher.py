"""Define how the process of a job is started.

Law: a job is an argv; its state is in the catalogue, and a launcher only runs an attempt.
"""

from typing import Protocol


class Launcher(Protocol):
    """The interface that starts jobs: local processes today, Slurm or Ray later."""

    def wake(self) -> None:
        """Make sure that queued jobs get started. Called often, so cheap if a dispatcher is running."""

    def alive(self, job_id: int) -> bool:
        """Return whether a process works on the job."""

    def devices(self) -> list[str]:
        """Return the devices for training: 'cuda:0', …, or only 'cpu'."""
