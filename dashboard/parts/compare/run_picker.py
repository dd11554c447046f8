"""Draw the controls that select two runs, the split, and the finding or class to compare."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.services.training.runs import RunView
from dashboard import url_history
from dashboard.parts.review import run_picker
from dashboard.url_state import CompareState


def show(runs: Sequence[RunView], state: CompareState) -> CompareState:
    """Draw the controls in one line; a new run starts without the previous selection of cases."""
    names = {run.id: run_picker.run_title(run) for run in runs}
    ids = list(names)
    run = state.run if state.run in names else ids[0]
    first, second = other(runs, run, state.other), run
    for key, value in (("compare_first", first), ("compare_second", second), ("compare_split", state.split)):
        url_history.follow(key, value)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        first_id = st.selectbox(
            "First run",
            ids,
            format_func=names.__getitem__,
            key="compare_first",
            width="stretch",
            label_visibility="collapsed",
        )
        second_id = st.selectbox(
            "Second run",
            ids,
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
            format_func=run_picker.SPLITS.__getitem__,
            label_visibility="collapsed",
        )
        st.page_link(
            "views/review.py",
            label="Review",
            icon=":material/rate_review:",
            query_params={"run": str(second_id), "split": split or "test"},
        )
    if (first_id, second_id, split) == (state.other, state.run, state.split):
        return state
    return replace(state.without_mark(), run=second_id, other=first_id, split=split or "test")


def other(runs: Sequence[RunView], run: int, requested: int) -> int:
    """Return the run to compare with: the requested one, else the newest other run of the task, else any other run."""
    ids = [one.id for one in runs]
    if requested in ids:
        return requested
    task = next(one.task_id for one in runs if one.id == run)
    same_task = [one.id for one in runs if one.task_id == task and one.id != run]
    return next(iter(same_task), next((one for one in ids if one != run), run))


def select_question(run: RunView, state: CompareState) -> CompareState:
    """Draw the choice of the finding or of the class to compare with the rest.

    With more than two classes one must be selected: an operating point needs a positive class.
    """
    selected = run_picker.select_question(run, state)
    return (
        replace(selected, positive=len(run.titles) - 1) if len(run.titles) > 2 and selected.positive < 0 else selected
    )
