"""Draw the controls that select two runs, the split, and the finding or class to compare."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.services.training.runs import RunView
from dashboard import url_history
from dashboard.parts.review import run_picker, test_access
from dashboard.url_state import CompareState
from db.vocabulary import TaskKind

RULES = {
    "": "Saved operating points",
    "sensitivity:0.95": "Both: sensitivity at least 95 %",
    "sensitivity:0.9": "Both: sensitivity at least 90 %",
    "specificity:0.95": "Both: specificity at least 95 %",
    "specificity:0.9": "Both: specificity at least 90 %",
    "threshold:0.5": "Both: threshold 0.5",
}


def show(runs: Sequence[RunView], state: CompareState) -> CompareState:
    """Draw the controls in one line; a new run starts without the previous selection of cases."""
    names = {run.id: run_picker.run_title(run) for run in runs}
    ids = list(names)
    run = state.run if state.run in names else ids[0]
    first, second = other(runs, run, state.other), run
    by_id = {one.id: one for one in runs}
    has_split = "split" in st.query_params or state != state.without_mark()
    shown = state.split if has_split else test_access.start_split(by_id[run], state.finding)
    shown = shown if shown in run_picker.SPLITS else "val"
    for key, value in (("compare_first", first), ("compare_second", second), ("compare_split", shown)):
        url_history.follow(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        first_id = st.selectbox(
            "Baseline",
            ids,
            format_func=names.__getitem__,
            key="compare_first",
            width="stretch",
        )
        second_id = st.selectbox(
            "Run",
            ids,
            format_func=names.__getitem__,
            key="compare_second",
            width="stretch",
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
            query_params={"run": str(second_id), "split": split or shown},
        )
    if (first_id, second_id, split) == (state.other, state.run, state.split):
        return state
    return replace(state.without_mark(), run=second_id, other=first_id, split=split or shown)


def select_rule(run: RunView, state: CompareState) -> CompareState:
    """Draw the choice between the saved operating points and one rule for both runs; a number has none."""
    if run.kind is TaskKind.NUMBER:
        return replace(state, rule="")
    rules = RULES if state.rule in RULES else RULES | {state.rule: state.rule}
    rule = st.selectbox(
        "Operating points",
        rules,
        list(rules).index(state.rule),
        format_func=rules.__getitem__,
        key="compare_rule",
        width=330,
    )
    return state if rule == state.rule else replace(state.without_mark(), rule=rule)


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
