"""Progress of a long command: a bar on a terminal; elsewhere a line for each stage, or nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.lazy_modules import load

Update = Callable[[str, int, int], None]  # what is being done, completed, total (0: not known)


@contextmanager
def progress(*, stages: bool = False) -> Iterator[Update]:
    """Yield a function that shows how far a command is, on standard error.

    Args:
        stages: Treat each new text as a stage: a bar of its own, or a line where standard error is no terminal.
    """
    if not sys.stderr.isatty():
        yield _Lines(stages)
        return
    with load("core.cli.printing.terminal").progress_bars() as bars:
        yield _Bars(bars, stages)


def counted(text: str, update: Update) -> Callable[[int, int], None]:
    """Return a function of (completed, total) that shows the progress of one thing, such as "files backed up"."""
    return lambda completed, total: update(text, completed, total)


class _Lines:
    def __init__(self, stages: bool) -> None:
        self.stages, self.text = stages, ""

    def __call__(self, text: str, _completed: int, _total: int) -> None:
        if self.stages and text != self.text:
            print(f"{text} …", file=sys.stderr, flush=True)
        self.text = text


class _Bars:
    def __init__(self, bars: Any, stages: bool) -> None:
        self.bars, self.stages, self.text = bars, stages, ""
        self.total, self.task = 0, None

    def __call__(self, text: str, completed: int, total: int) -> None:
        if self.task is None or (self.stages and text != self.text):
            self._complete()
            self.task = self.bars.add_task(text)
        self.bars.update(self.task, description=text, completed=completed, total=total or None)
        self.text, self.total = text, total

    def _complete(self) -> None:
        """Fill the bar of the stage before."""
        if self.task is not None:
            self.bars.update(self.task, completed=self.total or 1, total=self.total or 1)
