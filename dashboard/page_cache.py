"""Cache what was computed for a page: the 64 results used last, shared by all sessions, never changed."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache

T = TypeVar("T")

_results: LRUCache[Hashable, Any] = LRUCache(maxsize=64)
_lock = Lock()


def cached(key: Hashable, make: Callable[[], T]) -> T:
    """Return the cached result of `make` for a key; two who call at once may both make it, and get equal results."""
    with _lock:
        if key in _results:
            result: T = _results[key]
            return result
    made = make()
    with _lock:
        _results[key] = made
    return made
