"""The cases that changed between two runs, as lists that open them."""

from dataclasses import replace

import streamlit as st

from core.services.runs import RunView
from dashboard import asked, compared
from dashboard.compared import CHANGES
from dashboard.parts import case_strip, marks
from dashboard.state import CompareState


def show(run: RunView, state: CompareState) -> None:
    """Which list, and its strip."""
    state = marks.taken(replace(state, change=CompareState.from_url().change))
    found = compared.of(state).found
    counts = {name: len(getattr(found, name)) for name in CHANGES}
    now = state.change if state.change in CHANGES else "broken"
    chosen = st.segmented_control("Changed", list(CHANGES), default=now, required=True, key="compare_change",
                                  format_func=lambda one: f"{CHANGES[one]} {counts[one]:,}",
                                  label_visibility="collapsed")  # fmt: skip
    state = replace(state, change=chosen or now)
    state.to_url()
    case_strip.show(asked.of(run, state), state, closes=False)
