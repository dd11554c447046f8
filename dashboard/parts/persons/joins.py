"""What readers decided and what rules joined, each with its reason and an undo."""

from collections.abc import Sequence

import streamlit as st

from core.curation.persons.records import Join
from core.services.persons.decisions import DecisionView
from dashboard import formatting
from dashboard.parts.persons import decide

LISTED = 50


def show_decisions(decided: Sequence[DecisionView]) -> None:
    """Draw the decisions that count, newest first."""
    st.subheader("Decisions")
    for decision in decided[:LISTED]:
        verdict = "one person" if decision.joined else "different persons"
        who = f"{formatting.escape_markdown(decision.reader)}, {formatting.format_age(decision.at)}"
        text, button = st.columns([6, 1], vertical_alignment="center")
        text.markdown(f"{_both(decision.first, decision.second)}: {verdict} · {who}")
        if button.button("Undo", key=f"undo_{decision.first}_{decision.second}"):
            decide.undo(decision.first, decision.second)
    _more(len(decided))


def show_joins(joins: Sequence[Join]) -> None:
    """Draw what a rule joined; the button takes the two patients apart, as a decision that can be undone."""
    st.subheader("Joined by a rule")
    for join in joins[:LISTED]:
        text, button = st.columns([6, 1], vertical_alignment="center")
        text.markdown(f"{_both(join.first, join.second)}: {formatting.escape_markdown(join.reason)}")
        if button.button("Undo", key=f"part_{join.first}_{join.second}", help="They become different persons."):
            decide.decide(join.first, join.second, joined=False)
    _more(len(joins))


def _both(first: str, second: str) -> str:
    return f"**{formatting.escape_markdown(first)}** and **{formatting.escape_markdown(second)}**"


def _more(count: int) -> None:
    if count > LISTED:
        st.caption(f"{count - LISTED:,} more; `rounds persons` lists all.")
