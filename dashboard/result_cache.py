"""Cache what was computed for a page: the 64 results used last, shared by all sessions, never changed."""

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache

from core.services.evaluation.review_source import ReviewSource
from core.services.predictions import predictions
from dashboard import context

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


def cache_key(run_id: int, split: str) -> tuple[Hashable, ...]:
    """Return what names a split's predictions as they stand: it changes when they are made anew."""
    wired = context.app_context()
    return str(wired.settings.home), run_id, split, *predictions.predictions_version(wired.db, run_id, split)


def cached_of_runs(run_ids: Sequence[int], split: str, name: Hashable, make: Callable[[], T]) -> T:
    """Return the cached result of `make` for runs, a split and a name, as long as their predictions stay the same."""
    return cached((*(cache_key(run_id, split) for run_id in run_ids), name), make)


def review_source() -> ReviewSource:
    """Return this home's catalogue with the cache of its pages."""
    return ReviewSource(context.app_context().db, cached_of_runs)
