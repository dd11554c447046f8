"""Open test results by a button, record each view, and say beside them how often they were viewed."""

from collections.abc import Iterable, Mapping

import streamlit as st

from core.services.evaluation import operating_points, test_set_views
from core.services.predictions import coverage
from core.services.predictions.operating_point_view import USUAL
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.url_state import ListState
from db.vocabulary import TaskKind

COST = (
    "Each person who opens them is counted, once for each run and operating point. The more often test results are "
    "viewed before model and threshold are final, the less they prove: choose both on validation."
)
NO_POINT = "Run {run} has no saved operating point: the default threshold {at:g} would be used."


def start_split(run: RunView, finding: int) -> str:
    """Return the split on which a run opens: validation until its operating point is saved, then test."""
    db = context.app_context().db
    if not coverage.has_predictions(db, run.id, "val"):
        return "test" if coverage.has_predictions(db, run.id, "test") else "val"
    return "val" if operating_points.current(db, run.id, finding) is None else "test"


def is_open(run: RunView, state: ListState) -> bool:
    """Tell whether this reader sees the results of a split: test only once opened at the current operating point."""
    finding = state.finding if run.kind is TaskKind.MULTI else 0
    return state.split not in ("test", "all") or _has_viewed(run.id, finding)


def opens(split: str, places: Mapping[int, int], *, decides: bool = True, chosen: str = "") -> bool:
    """Return whether to show the results; of test, draw until then what opening them costs, and the button.

    Args:
        split: The split.
        places: The finding in question of each run, by run.
        decides: Whether the results are of an operating point, as those of classes are.
        chosen: How the points of several runs were chosen; "": each run is at its own one.
    """
    if split != "test" or all(_has_viewed(run_id, finding) for run_id, finding in places.items()):
        return True
    with st.container(key="test_gate"):
        st.markdown("**The test results are closed.**")
        st.markdown(COST)
        for run_id, finding in places.items():
            _show_viewers(run_id, finding, decides=decides, warns=not chosen)
        if chosen:
            st.caption(formatting.escape_markdown(chosen))
        if st.button("Open the test results", key="open_test", type="primary", icon=":material/lock_open:"):
            record_views_of_runs(split, places)
            st.rerun()
    return False


def _show_viewers(run_id: int, finding: int, *, decides: bool, warns: bool) -> None:
    """Draw who has viewed the test results of a run, and whether its operating point was chosen."""
    db = context.app_context().db
    point = operating_points.current(db, run_id, finding) if decides else None
    if decides and warns and point is None:
        st.warning(NO_POINT.format(run=run_id, at=USUAL), icon=":material/info:")
    texts = [_viewer_text(one, decides=decides) for one in test_set_views.viewers(db, run_id)]
    of_point = f", operating point {point.threshold:.4g}" if point else ""
    st.caption(formatting.escape_markdown(f"Run {run_id}{of_point}. Viewed by {'; '.join(texts) or 'nobody yet'}."))


def _viewer_text(viewer: test_set_views.TestViewer, *, decides: bool) -> str:
    """Return `ann, 2 times, last 3 days ago at 0.737`."""
    at = f" at {USUAL if viewer.threshold is None else viewer.threshold:.3g}" if decides else ""
    return f"{viewer.reader}, {times(viewer.times)}, last {formatting.format_age(viewer.last)}{at}"


def _has_viewed(run_id: int, finding: int) -> bool:
    return test_set_views.has_viewed(context.app_context().db, run_id, reader.reader(), finding)


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
