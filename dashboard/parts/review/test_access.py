"""Looks at the test split: counted where its figures are shown, and told beside them."""

from collections.abc import Iterable, Mapping

from core.services.evaluation import operating_points
from dashboard import context, reader


def count(run_id: int, split: str, findings: Iterable[int] = (0,)) -> bool:
    """A reader sees test figures at the points of these findings, once per reader and point; whether that was new."""
    before = _looks(split, run_id)
    if split == "test":
        for finding in findings:
            operating_points.record_test_view(context.app_context().db, run_id, reader.reader(), finding)
    return _looks(split, run_id) > before


def of_each(split: str, places: Mapping[int, int]) -> None:
    """The same of several runs, each at the point of one finding (by run)."""
    for run_id, finding in places.items():
        count(run_id, split, [finding])


def test_view_sentence(split: str, run_id: int) -> str:
    """`Looked at test twice.`; "" on another split, and where nobody did."""
    looks = _looks(split, run_id)
    return f"Looked at test {times(looks)}." if looks else ""


def test_view_sentence_pair(split: str, first: int, second: int) -> str:
    """`Looked at test: run 1 twice, run 2 once.`"""
    found = {run: _looks(split, run) for run in (first, second)}
    each = [f"run {run} {times(looks)}" for run, looks in found.items() if looks]
    return f"Looked at test: {', '.join(each)}." if each else ""


def times(count: int) -> str:
    """once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _looks(split: str, run_id: int) -> int:
    return operating_points.count_test_views(context.app_context().db, run_id) if split == "test" else 0
