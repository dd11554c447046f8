"""Which run on which split, and which of its questions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from core.services.training.runs import RunView
from dashboard.url_state import CompareState, ListState, ReviewState
from db.vocabulary import TaskKind

S = TypeVar("S", bound=ListState)
SPLITS = {"test": "Test", "val": "Validation", "train": "Train"}


def show(every: Sequence[RunView], state: ReviewState) -> ReviewState:
    """The choice, in one line; another run or split begins without what was opened of the one before."""
    ids = [run.id for run in every]
    names = {run.id: named(run) for run in every}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        run = st.selectbox(
            "Run",
            ids,
            ids.index(state.run) if state.run in ids else 0,
            width="stretch",
            format_func=names.__getitem__,
            key="review_run",
            label_visibility="collapsed",
        )
        split = st.segmented_control(
            "Split",
            list(SPLITS),
            default=state.split if state.split in SPLITS else "test",
            format_func=SPLITS.__getitem__,
            required=True,
            key="review_split",
            label_visibility="collapsed",
        )
        against = CompareState(run=run, split=split or "test", finding=state.finding)
        st.page_link(
            "views/compare.py", label="Compare", icon=":material/compare_arrows:", query_params=against.query()
        )
    if run != state.run:
        return ReviewState(run=run, split=split or "test", section=state.section)
    if split != state.split:
        return replace(_anew(state), split=split or "test")
    return state


def named(run: RunView) -> str:
    """A run in the list of runs."""
    return f"Run {run.id}: {run.model} on {run.snapshot}"


def question(run: RunView, state: S) -> S:
    """Which of several findings, or which of many classes against the rest."""
    if run.kind is TaskKind.MULTI:
        places = range(len(run.titles))
        chosen = st.segmented_control(
            "Finding",
            places,
            default=min(state.finding, len(places) - 1),
            required=True,
            format_func=run.titles.__getitem__,
            key=f"review_finding_{run.id}",
            label_visibility="collapsed",
        )
        return state if chosen == state.finding else replace(_anew(state), finding=chosen)
    if len(run.titles) > 2:
        offered = [-1, *range(len(run.titles))]
        chosen = st.segmented_control(
            "Class",
            offered,
            default=state.positive if state.positive in offered else -1,
            required=True,
            key=f"review_class_{run.id}",
            label_visibility="collapsed",
            format_func=lambda at: "All classes" if at < 0 else run.titles[at],
        )
        return state if chosen == state.positive else replace(_anew(state), positive=chosen)
    return replace(state, finding=0, positive=-1)


def left(state: ListState) -> bool:
    """Whether another run, split or question is chosen by now: a click that the browser told together with one in a
    part that draws itself alone draws that part, not the page.
    """
    now = {
        "review_run": state.run,
        "review_split": state.split,
        f"review_finding_{state.run}": state.finding,
        f"review_class_{state.run}": state.positive,
    }
    return any(st.session_state.get(key, value) != value for key, value in now.items())


def _anew(state: S) -> S:
    return replace(state.without_mark(), at=-1.0, level="", scale="")
