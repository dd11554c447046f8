"""The title of the browser's tab: what is open, the page, and the product."""

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from core.errors import NotFound
from core.services.annotation import tasks
from dashboard import context

NOUNS = {"other": "run", "imported": "import"}


def show(page: str, subject: Mapping[str, int]) -> None:
    """Set the title, such as `Case 12, Run 3 · Case · Rounds`."""
    names = ", ".join(_name(field, number) for field, number in subject.items() if number)
    st.set_page_config(page_title=" · ".join(filter(None, (names, page, "Rounds"))))


def _name(field: str, number: int) -> str:
    """Return the name of an object: a task's own, else its kind and number."""
    if field == "task":
        with suppress(NotFound):
            return tasks.get(context.app_context().db, number).name
    return f"{NOUNS.get(field, field).capitalize()} {number}"
