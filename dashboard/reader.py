"""Who reads: a name today, an account later; kept per browser session by the server, so that a reload keeps it."""

from functools import lru_cache

import streamlit as st

from core.settings import default_reader
from dashboard import context


def session_id() -> str:
    """This browser's session, '' outside a browser."""
    return st.context.cookies.get(context.app_context().cookie, "")


def reader() -> str:
    """The name labels are kept under."""
    return _names().get(session_id()) or default_reader()


def reader_input() -> None:
    """The name in the sidebar; a change holds until the server is restarted."""
    name = st.text_input(
        "Reader",
        value=reader(),
        key="who_reader",
        max_chars=60,
        help="Your labels and verdicts are kept under this name.",
    )
    if name.strip() and name.strip() != reader():
        _names()[session_id()] = name.strip()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {}
