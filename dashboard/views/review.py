"""Review: one operating point for the confusion matrix, metrics, curves and subgroups; each mark lists its cases."""

import streamlit as st

from core.services.training import runs
from dashboard import context
from dashboard.parts.review import prediction_status, run_picker, sections, test_access
from dashboard.parts.runs import older_reading
from dashboard.parts.widgets import errors
from dashboard.url_state import ReviewState
from db.vocabulary import TaskKind

app = context.app_context()
reviewable = [run for run in runs.list_runs(app.db) if run.reviewable]

if not reviewable:
    st.title("Review")
    st.markdown("Nothing to review yet. Train a model; after its first epoch it can be reviewed here.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()

state = run_picker.show(reviewable, ReviewState.from_url())
run = next(run for run in reviewable if run.id == state.run)
older_reading.show(run)
coverage = prediction_status.show(run, state.split)
if coverage is not None:
    state = run_picker.select_question(run, state)
    state.to_url()
    place = state.finding if run.kind is TaskKind.MULTI else 0
    if test_access.opens(state.split, {run.id: place}, decides=run.kind is not TaskKind.NUMBER):
        errors.auto_refresh(sections.show, run, state, coverage, every=None)
