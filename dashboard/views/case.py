"""Case: the image under its map; truth, model, history and verdict beside it; arrow keys through the list."""

from dataclasses import replace

import streamlit as st

from core.services import explaining, runs
from dashboard import wiring
from dashboard.parts import case_side, case_strip, case_viewer
from dashboard.state import CaseState

wired = wiring.here()
state = CaseState.from_url()
run = runs.get(wired.db, state.run)
rows = case_strip.ordered(run, state)
if not rows:
    st.markdown("This list is empty.")
    st.page_link("views/review.py", label="Back to the run", query_params={"run": str(run.id)})
    st.stop()
at = next((index for index, row in enumerate(rows) if row.case_id == state.case), 0)

picture, side = st.columns([3.4, 1], gap="small")
with picture:
    step = case_viewer.show(run, rows[at], at, len(rows), state)
with side:
    method = case_side.show(run, rows[at], state)
wanted = replace(state, case=rows[(at + step) % len(rows)].case_id, method=method)
offered = [name for name, _ in explaining.methods(wired.db, run.id)]
shown = state.method if state.method in offered else next(iter(offered), "")
if (wanted.case, wanted.method) != (rows[at].case_id, shown):
    wanted.to_url()
    st.rerun()
