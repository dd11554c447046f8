"""Compare: two runs on the same cases, how far apart they are, and which cases one set right or made wrong."""

import streamlit as st

from core.services import runs
from dashboard import wiring

wired = wiring.here()
every = [run for run in runs.every(wired.db) if run.predicted]

st.title("Compare")
if len(every) < 2:
    st.markdown("Two runs with predictions are needed to compare them.")
    st.page_link("views/runs.py", label="See the runs", icon=":material/show_chart:")
    st.stop()
