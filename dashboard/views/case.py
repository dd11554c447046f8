"""Case: the image under or beside its maps; truth, models, readers and verdict; arrow keys through the list."""

from dataclasses import replace

import streamlit as st

from core.services.training import runs
from dashboard import context
from dashboard.parts.case import sidebar, viewer
from dashboard.parts.review import case_list
from dashboard.url_state import CaseState, ReviewState

# Fixed text of ours: the picture stays while what is beside it scrolls, and a warning is read to its end.
STYLE = """<style>[data-testid="stColumn"]:has(.st-key-case_viewer){position:sticky;top:3.6rem;align-self:flex-start}
.st-key-case_told .stMarkdownBadge{white-space:normal!important;overflow:visible!important;display:inline}</style>"""

wired = context.app_context()
state = CaseState.from_url()
if not state.run:
    st.title("Case")
    st.markdown("A case is opened from the list of a run.")
    st.page_link("views/review.py", label="Review a run", icon=":material/rate_review:")
    st.stop()
run = runs.get(wired.db, state.run)
rows = case_list.ordered(run, state)
if not rows:
    st.markdown("This list is empty.")
    st.page_link("views/review.py", label="Back to the run", query_params=ReviewState.like(state).query())
    st.stop()
at = (rows.place(state.case) + viewer.pending_step()) % len(rows)
state = replace(state, case=rows.ids[at])
state.to_url()
row = rows[at]

st.html(STYLE)
picture, side = st.columns([3.4, 1], gap="small")
with picture:
    laid = viewer.show(run, row, at, rows, state)
with side:
    wanted = sidebar.show(run, row, state, laid)
if wanted != state:
    wanted.to_url()
    st.rerun()
