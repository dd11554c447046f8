"""The tour of the demo: four things to try, until it is dismissed."""

import streamlit as st

from core.services.workspace import tour
from core.services.workspace.tour import Tour
from dashboard import context


def show() -> None:
    """Draw the tour, in a demo, until the visitor dismisses it."""
    wired = context.app_context()
    demo_tour = tour.view(wired.db, wired.settings)
    if demo_tour is None:
        return
    with st.container(border=True, key="tour"):
        st.markdown(
            "**Four things to try.** All patients here are synthetic. The findings, and the shortcuts that can "
            "mislead a model, were planted."
        )
        for column, (page, label, icon, query, why) in zip(st.columns(4), _stops(demo_tour), strict=True):
            column.page_link(page, label=label, icon=icon, query_params=query)
            column.caption(why)
        if st.button("Dismiss", key="tour_close"):
            tour.close(wired.settings)
            st.rerun()


def _stops(demo_tour: Tour) -> tuple[tuple[str, str, str, dict[str, str], str], ...]:
    run = str(demo_tour.run_id)
    return (
        (
            "views/label.py",
            "Label some cases",
            ":material/label:",
            {"task": str(demo_tour.task_id)},
            "Press 1 or 2 to answer. The next image appears at once.",
        ),
        (
            "views/review.py",
            "Review the first model",
            ":material/query_stats:",
            {"run": run},
            "Click a cell of the confusion matrix to list its cases.",
        ),
        (
            "views/case.py",
            "Open its worst case",
            ":material/image_search:",
            {"run": run, "split": "test"},
            "Is the model wrong, or the label? Your relabelling goes into the next snapshot.",
        ),
        (
            "views/runs.py",
            "Watch the second model",
            ":material/monitoring:",
            {"run": str(demo_tour.second_run_id)},
            "An attention model, trained in the background.",
        ),
    )
