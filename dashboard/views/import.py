"""Import: where, what was found, table and roles, import, report; and the list of imports."""

from dataclasses import replace

import streamlit as st

from core.errors import NotFound
from core.jobs import job_queue
from core.services.imports import import_draft, import_log, readable_notes
from dashboard import context
from dashboard.parts.ingest import entry, import_list, prepare, preview_result, report
from dashboard.parts.persons import overview as persons_overview
from dashboard.parts.widgets import job_poll
from dashboard.url_state import ImportState

wired = context.app_context()
state = ImportState.from_url()

st.title("Import")
if message := st.session_state.pop("import_undone", ""):
    st.success(message, icon=":material/undo:")

job = job_queue.get(wired.db, state.job) if state.job else None
shown = state.imported or (import_log.of_job(wired.db, job.id) if job and job.state == "succeeded" else 0) or 0
repeat = None
if shown:
    ImportState(imported=shown).to_url()
    repeat = entry.show(wired, import_log.get(wired.db, wired.settings, shown))
    persons_overview.link()
    st.page_link("views/import.py", label="Import more", icon=":material/upload:")
elif job and not job.state.is_finished:
    job_poll.progress(job.id, preview_result.progress, key=f"import_{job.id}")
elif job and job.state == "succeeded":
    report.show(readable_notes.readable_report(wired.settings, job))
elif job:
    prepare.failed(wired.settings, job)

if not shown and (job is None or job.state == "failed"):
    key = state.draft or st.session_state.get("import_draft", "")  # who comes back by the menu goes on
    try:
        draft = import_draft.load(wired.settings, key) if key else None
    except NotFound as error:
        st.warning(str(error))
        draft = None
    draft = draft or import_draft.start(wired.db, wired.settings)
    if draft.job and not state.job:
        ImportState(draft=draft.key, job=draft.job).to_url()
        st.rerun()
    changed, started = prepare.show(wired, draft)
    if started:
        import_draft.save(wired.settings, replace(changed, job=started))  # a reload at once finds it again
        st.session_state.pop("import_draft", None)
        ImportState(draft=changed.key, job=started).to_url()
        st.rerun()
    if changed != draft:
        st.session_state["import_draft"] = import_draft.save(wired.settings, changed).key
        ImportState(draft=changed.key).to_url()
        st.rerun()
    if not draft.look:
        repeat = import_list.show(wired)

if repeat is not None:
    st.switch_page("views/import.py", query_params=ImportState(draft=repeat.key).query())
