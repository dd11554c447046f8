"""Cache what was computed of runs for a page, as long as their predictions stay the same."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from core.services.evaluation.review_source import ReviewSource
from core.services.predictions import predictions
from dashboard import context
from dashboard.page_cache import cached

T = TypeVar("T")


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
