"""Waiting for a catalogue that cannot be used now: a copy that locks it ends, a full disk is freed."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from core.errors import CatalogueUnusable
from core.settings import Settings

LASTS_S, AGAIN_S = 600.0, 1.0
WAITS = "This job waits, and goes on by itself once it can: {}"
NO_ROOM = "The catalogue cannot be written, often because its disk is full; free some space there."
T = TypeVar("T")
log = logging.getLogger("rounds")


def retry_while_unavailable(do: Callable[[], T], *, note: Path | None = None) -> T:
    """Do it, again and again while the catalogue cannot be used. What is done must bear being done twice.

    `note` is a file that says why, for as long as it waits: the catalogue itself cannot be told.

    Raises:
        CatalogueUnusable: it could not be used for ten minutes.
    """
    end = time.monotonic() + LASTS_S
    waited = False
    try:
        while True:
            try:
                return do()
            except CatalogueUnusable as error:
                if time.monotonic() > end:
                    raise
                log.warning("%s", error)
                waited = True
                _leave(note, str(error))
                time.sleep(AGAIN_S)
    finally:
        if waited and note is not None:
            note.unlink(missing_ok=True)


def wait_note_path(settings: Settings, job_id: int) -> Path:
    """Where a job says why it waits."""
    return settings.folder("jobs") / f"{job_id}.waits"


def wait_reason(settings: Settings, job_id: int) -> str | None:
    """Why a running job waits, in one sentence; None where it does not."""
    try:
        said = wait_note_path(settings, job_id).read_text(encoding="utf-8")
    except OSError:
        return None
    return WAITS.format(_uncapitalised(said or NO_ROOM))


def _leave(note: Path | None, said: str) -> None:
    if note is not None and not (note.exists() and note.stat().st_size):
        with suppress(OSError):  # a full disk often has room for a name, and none for a word
            note.write_text(said, encoding="utf-8")


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
