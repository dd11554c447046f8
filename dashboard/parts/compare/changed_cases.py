"""Draw the lists of cases that changed between two runs; a click opens a case."""

from dataclasses import replace

import streamlit as st

from core.services.evaluation import comparison_data
from core.services.evaluation.comparison_data import CHANGES, NUMBER_CHANGES
from core.services.evaluation.review_data import review_data
from core.services.training.runs import RunView
from dashboard.parts.review import case_list
from dashboard.parts.widgets import selection
from dashboard.result_cache import review_source
from dashboard.url_state import CompareState

TITLES = CHANGES | NUMBER_CHANGES
USUAL = ("broken", "further")  # the list shown first


def show(run: RunView, state: CompareState) -> None:
    """Draw the choice of the list and its strip of cases."""
    state = selection.apply_selection(replace(state, change=CompareState.from_url().change))
    counts = {name: len(cases) for name, cases in comparison_data.changed_cases(review_source(), run, state).items()}
    default = state.change if state.change in counts else next(name for name in USUAL if name in counts)
    with st.container(key="changed_part", gap="small"):
        selected = st.segmented_control(
            "Changed",
            list(counts),
            default=default,
            required=True,
            key="compare_change",
            format_func=lambda change: f"{TITLES[change]} {counts[change]:,}",
            label_visibility="collapsed",
        )
        state = replace(state, change=selected or default)
        state.to_url()
        case_list.show(review_data(review_source(), run, state), state, closable=False)
