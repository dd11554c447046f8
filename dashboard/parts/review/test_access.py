"""Record each view of test results, and say beside them how often they were viewed."""

from collections.abc import Iterable, Mapping

from core.services.evaluation import operating_points
from dashboard import context, reader


def record_test_views(run_id: int, split: str, findings: Iterable[int] = (0,)) -> bool:
    """Record that a reader views test results, once per reader and operating point; return whether a view was new."""
    before_count = _n_views(split, run_id)
    if split == "test":
        for finding in findings:
            operating_points.record_test_view(context.app_context().db, run_id, reader.reader(), finding)
    return _n_views(split, run_id) > before_count


def record_views_of_runs(split: str, places: Mapping[int, int]) -> None:
    """Record the same for several runs, each at the operating point of one finding (by run)."""
    for run_id, finding in places.items():
        record_test_views(run_id, split, [finding])


def test_view_sentence(split: str, run_id: int) -> str:
    """Return `Test results viewed 2 times.`; "" on another split or without a view."""
    n_views = _n_views(split, run_id)
    return f"Test results viewed {times(n_views)}." if n_views else ""


def test_view_sentence_pair(split: str, first: int, second: int) -> str:
    """Return `Test results viewed 2 times in run 1, once in run 2.` for two runs."""
    views = {run: _n_views(split, run) for run in (first, second)}
    parts = [f"{times(n_views)} in run {run}" for run, n_views in views.items() if n_views]
    return f"Test results viewed {', '.join(parts)}." if parts else ""


def times(count: int) -> str:
    """Return `once` or `3 times`."""
    return "once" if count == 1 else f"{count:,} times"


def _n_views(split: str, run_id: int) -> int:
    return operating_points.count_test_views(context.app_context().db, run_id) if split == "test" else 0
