"""Case: the image with its saliency maps, labels, predictions and verdict; arrow keys step through the list."""

from dataclasses import replace

import streamlit as st

from core.services.training import runs
from dashboard import context
from dashboard.parts.case import missing_case, sidebar, viewer
from dashboard.parts.review import case_list
from dashboard.url_state import CaseState

# Constant CSS: the image stays in view while the column beside it scrolls, and warnings wrap.
STYLE = """<style>[data-testid="stColumn"]:has(.st-key-case_viewer){position:sticky;top:3.6rem;align-self:flex-start}
.st-key-case_told .stMarkdownBadge{white-space:normal!important;overflow:visible!important;display:inline}</style>"""

app = context.app_context()
state = CaseState.from_url()
if not state.run:
    st.title("Case")
    st.markdown("No case selected. Open a case from the list on the Review page.")
    st.page_link("views/review.py", label="Review a run", icon=":material/rate_review:")
    st.stop()
run = runs.get(app.db, state.run)
rows = case_list.ordered(run, state)
at = viewer.place(state, rows) if rows else None
if at is None:
    missing_case.show(run, state)
    st.stop()
state = replace(state, case=rows.ids[at])
state.to_url()
row = rows[at]

st.html(STYLE)
viewer_column, side_column = st.columns([3.4, 1], gap="small")
with viewer_column:
    layout = viewer.show(run, row, at, rows, state)
with side_column:
    new_state = sidebar.show(run, row, state, layout)
viewer.end_steps()
if new_state != state:
    new_state.to_url()
    st.rerun()
