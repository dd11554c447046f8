"""Draw the controls that select the run, the split, and the finding or class."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from core.services.training.runs import RunView
from dashboard import url_history
from dashboard.parts.review import test_access
from dashboard.url_state import CompareState, ListState, ReviewState
from db.vocabulary import TaskKind

S = TypeVar("S", bound=ListState)
SPLITS = {"val": "Validation", "test": "Test", "train": "Train"}


def show(runs: Sequence[RunView], state: ReviewState) -> ReviewState:
    """Draw the controls in one line; a new run or split starts without the previous selection of cases."""
    by_id = {run.id: run for run in runs}
    ids = list(by_id)
    names = {run.id: run_title(run) for run in runs}
    url_history.follow("review_run", state.run if state.run in ids else ids[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        run = st.selectbox(
            "Run",
            ids,
            width="stretch",
            format_func=names.__getitem__,
            key="review_run",
            label_visibility="collapsed",
        )
        has_split = "split" in st.query_params or state != state.without_mark()
        shown = state.split if has_split else test_access.start_split(by_id[run], state.finding)
        url_history.follow("review_split", shown if shown in SPLITS else "val")
        split = st.segmented_control(
            "Split",
            list(SPLITS),
            format_func=SPLITS.__getitem__,
            required=True,
            key="review_split",
            label_visibility="collapsed",
        )
        against = CompareState(run=run, split=split or shown, finding=state.finding)
        st.page_link(
            "views/compare.py", label="Compare", icon=":material/compare_arrows:", query_params=against.query()
        )
    if run != state.run:
        return ReviewState(run=run, split=split or shown, section=state.section)
    if split != state.split:
        return replace(_reset(state), split=split or shown)
    return state


def run_title(run: RunView) -> str:
    """Return the title of a run in the list."""
    return f"Run {run.id}: {run.model} on {run.snapshot}"


def select_question(run: RunView, state: S) -> S:
    """Draw the choice of the finding, or of the class to compare with the rest."""
    if run.kind is TaskKind.MULTI:
        places = range(len(run.titles))
        url_history.follow(f"review_finding_{run.id}", min(state.finding, len(places) - 1))
        chosen = st.segmented_control(
            "Finding",
            places,
            required=True,
            format_func=run.titles.__getitem__,
            key=f"review_finding_{run.id}",
            label_visibility="collapsed",
        )
        return state if chosen is None or chosen == state.finding else replace(_reset(state), finding=chosen)
    if len(run.titles) > 2:
        offered = [-1, *range(len(run.titles))]
        url_history.follow(f"review_class_{run.id}", state.positive if state.positive in offered else -1)
        chosen = st.segmented_control(
            "Class",
            offered,
            required=True,
            key=f"review_class_{run.id}",
            label_visibility="collapsed",
            format_func=lambda at: "All classes" if at < 0 else run.titles[at],
        )
        return state if chosen is None or chosen == state.positive else replace(_reset(state), positive=chosen)
    return replace(state, finding=0, positive=-1)


def has_changed(state: ListState) -> bool:
    """Return whether the widgets by now select another run, split or question than the state.

    The browser may send such a change together with a click inside a fragment; Streamlit then reruns the fragment only.
    """
    current = {
        "review_run": state.run,
        "review_split": state.split,
        f"review_finding_{state.run}": state.finding,
        f"review_class_{state.run}": state.positive,
    }
    return any(st.session_state.get(key, value) != value for key, value in current.items())


def _reset(state: S) -> S:
    return replace(state.without_mark(), at=-1.0, level="", scale="")
