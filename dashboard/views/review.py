"""Review: one operating point moves the matrix, the figures, the curves and the groups; every mark opens its cases."""

import streamlit as st

from core.services.training import runs
from dashboard import context
from dashboard.parts.review import operating_point, prediction_status, run_picker, sections
from dashboard.parts.widgets import errors
from dashboard.url_state import ReviewState

wired = context.app_context()
every = [run for run in runs.every(wired.db) if run.reviewable]

if not every:
    st.title("Review")
    st.markdown("There is nothing to review before a model has finished its first epoch.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()

state = run_picker.show(every, ReviewState.from_url())
run = next(one for one in every if one.id == state.run)
there = prediction_status.show(run, state.split)
if there is not None:
    state = run_picker.question(run, state)
    state.to_url()
    operating_point.counted(run, state)
    errors.auto_refresh(sections.show, run, state, there, every=None)
