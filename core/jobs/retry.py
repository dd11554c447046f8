"""Retry while the catalogue is unavailable, for example locked by a backup or on a full disk."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from core.errors import CatalogueUnusable
from core.settings import Settings

TIMEOUT_S, INTERVAL_S = 600.0, 1.0
WAITING = "This job is waiting and will continue automatically: {}"
NO_ROOM = "The catalogue cannot be written, often because its disk is full; free some space there."
T = TypeVar("T")
log = logging.getLogger("rounds")


def retry_while_unavailable(action: Callable[[], T], *, note: Path | None = None) -> T:
    """Call an idempotent action, again every second while the catalogue is unavailable, and return its result.

    `note` is a file with the reason, which exists while the call waits; the catalogue itself cannot be written.

    Raises:
        CatalogueUnusable: the catalogue was unavailable for ten minutes.
    """
    end = time.monotonic() + TIMEOUT_S
    waited = False
    try:
        while True:
            try:
                return action()
            except CatalogueUnusable as error:
                if time.monotonic() > end:
                    raise
                log.warning("%s", error)
                waited = True
                _write_note(note, str(error))
                time.sleep(INTERVAL_S)
    finally:
        if waited and note is not None:
            note.unlink(missing_ok=True)


def wait_note_path(settings: Settings, job_id: int) -> Path:
    """Return the path of the note with which a job says why it waits."""
    return settings.folder("jobs") / f"{job_id}.waits"


def wait_reason(settings: Settings, job_id: int) -> str | None:
    """Return why a running job waits, in one sentence, None if it does not wait."""
    try:
        text = wait_note_path(settings, job_id).read_text(encoding="utf-8")
    except OSError:
        return None
    return WAITING.format(_uncapitalised(text or NO_ROOM))


def _write_note(note: Path | None, reason: str) -> None:
    if note is not None and not (note.exists() and note.stat().st_size):
        with suppress(OSError):  # a full disk may still create the file, but not write its text
            note.write_text(reason, encoding="utf-8")


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
