"""Import: name a folder or drop files → look first → go → progress → report."""

import streamlit as st

from core.jobs import job_queue
from dashboard import context, formatting
from dashboard.parts.ingest import form, report
from dashboard.url_state import ImportState
from db.vocabulary import JobKind

wired = context.app_context()
state = ImportState.from_url()

st.title("Import")
asked = form.show(wired.settings)
if asked is not None:
    job = form.submit(wired, asked)
    st.switch_page("views/import.py", query_params=ImportState(job=job).query())

if state.job:
    again = report.show(state.job)
    if again is not None:
        job = form.submit(wired, again)
        st.switch_page("views/import.py", query_params=ImportState(job=job).query())
else:
    earlier = [one for one in job_queue.list_jobs(wired.db, kind=JobKind.IMPORT) if not one.request["dry_run"]]
    if earlier:
        st.subheader("Earlier imports")
    for one in earlier[:8]:
        told = one.result
        said = (
            f"{told['imported']:,} files taken, {told['known']:,} known, {len(told['refused']):,} refused"
            if told
            else one.state
        )
        st.page_link(
            "views/import.py",
            label=f"{formatting.format_age(one.created_at)}: {said}",
            icon=":material/receipt_long:",
            query_params={"job": str(one.id)},
        )
