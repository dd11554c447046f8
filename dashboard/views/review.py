"""Review: one operating point moves the matrix, the figures, the curves and the groups; every mark opens its cases."""

import streamlit as st

from core.services import runs
from dashboard import wiring
from dashboard.parts import mishap, point, predicted, review_sections, run_choice
from dashboard.state import ReviewState

wired = wiring.here()
every = [run for run in runs.every(wired.db) if run.reviewable]

if not every:
    st.title("Review")
    st.markdown("There is nothing to review before a model has finished its first epoch.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()

state = run_choice.show(every, ReviewState.from_url())
run = next(one for one in every if one.id == state.run)
there = predicted.show(run, state.split)
if there is not None:
    state = run_choice.question(run, state)
    state.to_url()
    point.counted(run, state)
    mishap.again(review_sections.show, run, state, there, every=None)
