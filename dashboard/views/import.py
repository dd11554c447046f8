"""Import: choose a folder or files → preview → import → progress → report."""

import streamlit as st

from core.jobs import job_queue
from dashboard import context, formatting
from dashboard.parts.ingest import form, report
from dashboard.url_state import ImportState
from db.vocabulary import JobKind

wired = context.app_context()
state = ImportState.from_url()

st.title("Import")
preview = form.show(wired.settings)
if preview is not None:
    job = form.submit(wired, preview)
    st.switch_page("views/import.py", query_params=ImportState(job=job).query())

if state.job:
    confirmed = report.show(state.job)
    if confirmed is not None:
        job = form.submit(wired, confirmed)
        st.switch_page("views/import.py", query_params=ImportState(job=job).query())
else:
    earlier = [one for one in job_queue.list_jobs(wired.db, kind=JobKind.IMPORT) if not one.request["dry_run"]]
    if earlier:
        st.subheader("Earlier imports")
    for job_view in earlier[:8]:
        result = job_view.result
        outcome = (
            f"{result['imported']:,} files imported, {result['known']:,} already in the catalogue, "
            f"{len(result['refused']):,} refused"
            if result
            else job_view.state
        )
        st.page_link(
            "views/import.py",
            label=f"{formatting.format_age(job_view.created_at)}: {outcome}",
            icon=":material/receipt_long:",
            query_params={"job": str(job_view.id)},
        )
