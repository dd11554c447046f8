"""Pass a click on a plot, matrix or row to the case list, once."""

from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from dashboard.url_state import ListState

S = TypeVar("S", bound=ListState)
KEY = "mark"


def select(**opened: Any) -> None:
    """Select cases by fields of the list state; without fields, all cases."""
    st.session_state[KEY] = opened


def apply_selection(state: S) -> S:
    """Return the state with the selection made since the page was drawn."""
    opened = st.session_state.pop(KEY, None)
    return state if opened is None else replace(state.without_mark(), **opened)
