"""Runs: the table, and one run with its curves and log while it goes on."""

import streamlit as st

from core.services import jobs, runs
from dashboard import wiring
from dashboard.parts import outside_form, run_live, run_table
from dashboard.state import RunState

wired = wiring.here()
state = RunState.from_url()
jobs.look(wired.db, wired.launcher)
every = runs.every(wired.db)

st.title("Runs")
made = outside_form.show()
if made is not None:
    RunState(run=made).to_url()
    st.rerun()
if not every:
    st.markdown("No model has been trained yet.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()
chosen = run_table.show(every, state.run)
if chosen:
    RunState(run=chosen).to_url()
    run_live.show(chosen)
