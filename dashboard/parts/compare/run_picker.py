"""Which two runs are compared, on which split, about which finding or class."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.services.training.runs import RunView
from dashboard.parts.review import run_picker
from dashboard.url_state import CompareState


def show(every: Sequence[RunView], state: CompareState) -> CompareState:
    """The choice in one line; another run begins without what was opened."""
    names = {run.id: run_picker.named(run) for run in every}
    ids = list(names)
    run = state.run if state.run in names else ids[0]
    first, second = other(every, run, state.other), run
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        one = st.selectbox(
            "First run",
            ids,
            ids.index(first),
            format_func=names.__getitem__,
            key="compare_first",
            width="stretch",
            label_visibility="collapsed",
        )
        two = st.selectbox(
            "Second run",
            ids,
            ids.index(second),
            format_func=names.__getitem__,
            key="compare_second",
            width="stretch",
            label_visibility="collapsed",
        )
        split = st.segmented_control(
            "Split",
            list(run_picker.SPLITS),
            required=True,
            key="compare_split",
            default=state.split if state.split in run_picker.SPLITS else "test",
            format_func=run_picker.SPLITS.__getitem__,
            label_visibility="collapsed",
        )
        st.page_link(
            "views/review.py",
            label="Review",
            icon=":material/rate_review:",
            query_params={"run": str(two), "split": split or "test"},
        )
    if (one, two, split) == (state.other, state.run, state.split):
        return state
    return replace(state.without_mark(), run=two, other=one, split=split or "test")


def other(every: Sequence[RunView], run: int, wished: int) -> int:
    """The run that is compared with: the wished one, else the newest other one of the same task, else any."""
    ids = [one.id for one in every]
    if wished in ids:
        return wished
    task = next(one.task_id for one in every if one.id == run)
    alike = [one.id for one in every if one.task_id == task and one.id != run]
    return next(iter(alike), next((one for one in ids if one != run), run))


def question(run: RunView, state: CompareState) -> CompareState:
    """Which finding, or which class against the rest: the most probable of many cannot be compared at a point."""
    asked = run_picker.question(run, state)
    return replace(asked, positive=len(run.titles) - 1) if len(run.titles) > 2 and asked.positive < 0 else asked
