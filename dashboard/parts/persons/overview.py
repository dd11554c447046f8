"""Read the persons of the home for a page, once per change, and point to what is open."""

import streamlit as st

from core.services.persons import overview
from core.services.persons.overview import PersonsOverview
from dashboard import context, formatting
from dashboard.page_cache import cached


def read() -> PersonsOverview:
    """Return joins, questions and doubtful IDs as they stand."""
    wired = context.app_context()
    key = (str(wired.settings.home), "persons", overview.version(wired.db))
    return cached(key, lambda: overview.overview(wired.db, wired.settings))


def counted() -> str:
    """Return the number of patients in words, and of persons where several patients are one."""
    view = read()
    several = f" ({formatting.count(view.persons, 'person', 'persons')})" if view.persons != view.patients else ""
    return formatting.count(view.patients, "patient") + several


def link(*, doubtful: bool = True) -> None:
    """Draw the way to the People page where a question is open; with `doubtful` also of doubtful IDs and of joins."""
    view = read()
    named, joins = (len(view.doubtful), len(view.joins)) if doubtful else (0, 0)
    parts = [
        *([f"{formatting.count(len(view.questions), 'question')} about who is the same person"] * bool(view.questions)),
        *([formatting.count(named, "doubtful patient ID")] * bool(named)),
        *([formatting.count(joins, "join of patient IDs", "joins of patient IDs")] * bool(joins)),
    ]
    if not parts:
        return
    with st.container(border=True, key="people_link"):
        text, opens = st.columns([6, 1], vertical_alignment="center")
        why = "Two patients who are one person can stand in two splits." if view.questions else ""
        text.markdown(f":material/group: **{', '.join(parts)}.** {why}")
        opens.page_link("views/people.py", label="Open", icon=":material/group:")
