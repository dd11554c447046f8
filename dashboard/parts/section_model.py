"""What is known of a run's model itself: its maps, what its features give away, the labels it was taught with."""

from collections.abc import Callable

import streamlit as st

from core.services.review_cases import selected_rows
from core.services.review_data import ReviewData
from dashboard import look
from dashboard.kept import review_source
from dashboard.parts import case_strip, trust_banner, trust_mean, trust_probe, trust_suspects
from dashboard.state import ReviewState


def maps(found: ReviewData, state: ReviewState) -> None:
    """What the saliency check says, and the mean map of the cases in the strip."""
    with st.container(key="plots"):
        left, right = st.columns([1.4, 1], gap="large")
    with left:
        trust_banner.show(found.run)
    rows = selected_rows(review_source(), found, state)
    told = case_strip.words(found, state)
    said = look.count(len(rows), found.unit) + (f" ({told})" if told else "")
    with right:
        trust_mean.show(
            found.run, found.cases[rows].tolist(), said=look.plain(said), split=state.split, finding=found.finding
        )


def shortcuts(found: ReviewData, _state: ReviewState) -> None:
    """The shortcut alarm."""
    trust_probe.show(found.run)


def suspects(found: ReviewData, _state: ReviewState) -> None:
    """Labels of the training set that are likely wrong."""
    trust_suspects.show(found.run)


SECTIONS: dict[str, Callable[[ReviewData, ReviewState], None]] = {
    "maps": maps,
    "shortcuts": shortcuts,
    "suspects": suspects,
}
