"""Runs: the table, and one run with its curves and its log."""

import streamlit as st

from core.jobs import job_queue
from core.services.training import runs
from dashboard import context
from dashboard.parts.runs import detail, external_form, table
from dashboard.url_state import RunState

wired = context.app_context()
state = RunState.from_url()
job_queue.reap_and_wake(wired.db, wired.launcher)
all_runs = runs.list_runs(wired.db)

st.title("Runs")
made = external_form.show()
if made is not None:
    RunState(run=made).to_url()
    st.rerun()
if not all_runs:
    st.markdown("No models trained yet.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()
chosen = table.show(all_runs, state.run)
if chosen:
    RunState(run=chosen).to_url()
    detail.show(chosen)
