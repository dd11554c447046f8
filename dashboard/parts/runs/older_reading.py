"""Say that a run was trained on another reading of its images, and train it again by a click."""

import streamlit as st

from core.services.training import older_reading
from core.services.training.older_reading import ReadingChange
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.parts.widgets import errors
from dashboard.url_state import RunState


def show(run: RunView) -> None:
    """Draw the warning with its button; nothing where the run was trained on what is read now."""
    app = context.app_context()
    change = older_reading.reading_change(app.db, run)
    if change is None or run.external_source is not None:
        return
    st.warning(_describe(run, change), icon=":material/history:")
    if st.button("Train again", icon=":material/restart_alt:", key=f"read_again_{run.id}"):
        with errors.show_errors():
            made = older_reading.train_again(app.db, run, change, by=reader.reader(), launcher=app.launcher)
            st.switch_page("views/runs.py", query_params=RunState(run=made.run).query())


def _describe(run: RunView, change: ReadingChange) -> str:
    ways = ((change.order, "in another order"), (change.window, "at another window"))
    changed = " and ".join(f"{formatting.count(count, 'stack')} {way}" for count, way in ways if count)
    again = "The dataset is frozen again first, with today's labels." if change.order else ""
    return (
        f"Run {run.id} was trained before this version of Rounds, which reads {changed}. Its predictions and maps "
        f"belong to the former reading. Train it again to compare. {again}"
    ).strip()
