"""Take a reader's decision about two patients, or its undo, and draw the page anew."""

from collections.abc import Callable

import streamlit as st

from core.errors import UserError
from core.services.persons import decisions
from dashboard import context, reader


def decide(*patients: str, joined: bool) -> None:
    """Say that patients are one person or different ones; draw the error if that contradicts another decision."""
    db = context.app_context().db
    _then_rerun(lambda: decisions.decide(db, *patients, joined=joined, by=reader.reader()))


def undo(first: str, second: str) -> None:
    """Withdraw the decision about two patients."""
    db = context.app_context().db
    _then_rerun(lambda: decisions.undo(db, first, second, by=reader.reader()))


def _then_rerun(action: Callable[[], None]) -> None:
    try:
        action()
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.toast("Saved. Decisions are listed below, each with Undo.")
    st.rerun()
