"""Waiting for a catalogue that cannot be used now: a copy that locks it ends, a full disk is freed."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from core.errors import CatalogueUnusable

LASTS_S, AGAIN_S = 600.0, 1.0
T = TypeVar("T")
log = logging.getLogger("rounds")


def patiently(do: Callable[[], T]) -> T:
    """Do it, again and again while the catalogue cannot be used. What is done must bear being done twice.

    Raises:
        CatalogueUnusable: it could not be used for ten minutes.
    """
    end = time.monotonic() + LASTS_S
    while True:
        try:
            return do()
        except CatalogueUnusable as error:
            if time.monotonic() > end:
                raise
            log.warning("%s", error)
            time.sleep(AGAIN_S)
