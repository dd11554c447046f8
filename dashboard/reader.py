"""The name of the reader: kept by the server per browser session, so that it survives a reload."""

from functools import lru_cache

import streamlit as st

from core.settings import default_reader
from dashboard import context
from db.names import plain_name


def session_id() -> str:
    """Return the id of the browser session, '' outside a browser."""
    return st.context.cookies.get(context.app_context().cookie, "")


def reader() -> str:
    """Return the name under which labels are saved."""
    return plain_name(_names().get(session_id()) or default_reader())


def reader_input() -> None:
    """Draw the input of the name in the sidebar; a change lasts until the server is restarted."""
    name = st.text_input(
        "Reader",
        value=reader(),
        key="who_reader",
        max_chars=60,
        help="Your labels and verdicts are saved under this name.",
    )
    if name.strip() and name.strip() != reader():
        _names()[session_id()] = name.strip()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {}
