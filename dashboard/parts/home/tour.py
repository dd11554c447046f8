"""The demo's tour: four things to try, until it is closed."""

import streamlit as st

from core.services.workspace import tour
from core.services.workspace.tour import Tour
from dashboard import context


def show() -> None:
    """The tour, in a demo whose visitor has not closed it."""
    wired = context.app_context()
    found = tour.view(wired.db, wired.settings)
    if found is None:
        return
    with st.container(border=True, key="tour"):
        st.markdown(
            "**Four things to try.** These patients are drawn, not real; what a model should find in them, and "
            "what should mislead it, was planted."
        )
        for column, (page, label, icon, query, why) in zip(st.columns(4), _stops(found), strict=True):
            column.page_link(page, label=label, icon=icon, query_params=query)
            column.caption(why)
        if st.button("Close the tour", key="tour_close"):
            tour.close(wired.settings)
            st.rerun()


def _stops(found: Tour) -> tuple[tuple[str, str, str, dict[str, str], str], ...]:
    run = str(found.run_id)
    return (
        (
            "views/label.py",
            "Label some cases",
            ":material/label:",
            {"task": str(found.task_id)},
            "Keys 1 and 2 answer. The next image is there at once.",
        ),
        (
            "views/review.py",
            "Review the first model",
            ":material/query_stats:",
            {"run": run},
            "Click a cell of the matrix: its cases stand below.",
        ),
        (
            "views/case.py",
            "Open its worst case",
            ":material/image_search:",
            {"run": run, "split": "test"},
            "Is the model wrong, or the label? Your verdict reaches the next snapshot.",
        ),
        (
            "views/runs.py",
            "Watch the second model",
            ":material/monitoring:",
            {"run": str(found.second_run_id)},
            "An attention model, trained in a process of its own.",
        ),
    )
