"""What was clicked on a plot, a matrix or a row: it opens its cases in the strip, once."""

from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from dashboard.url_state import ListState

S = TypeVar("S", bound=ListState)
KEY = "mark"


def select(**opened: Any) -> None:
    """A mark was clicked: `opened` are fields of the list's state; none: all cases."""
    st.session_state[KEY] = opened


def apply_selection(state: S) -> S:
    """The state after what was clicked since the page was drawn."""
    opened = st.session_state.pop(KEY, None)
    return state if opened is None else replace(state.without_mark(), **opened)
