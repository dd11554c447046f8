"""The list of imports, newest first, each with its outcome and what repeats it."""

import streamlit as st

from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.services.imports import import_log
from core.services.imports.import_draft import ImportDraft
from core.services.imports.import_log import ImportView
from dashboard import formatting
from dashboard.context import AppContext
from dashboard.parts.ingest import entry
from dashboard.url_state import ImportState
from db.vocabulary import JobKind

MOST = 10


def show(wired: AppContext) -> ImportDraft | None:
    """Draw the list; return the draft that repeats an import once that is wanted."""
    views = import_log.list_imports(wired.db, wired.settings, limit=MOST)
    listed = {view.job_id for view in views}
    jobs = [job for job in job_queue.list_jobs(wired.db, kind=JobKind.IMPORT, limit=60) if _is_other(job, listed)]
    if views or jobs:
        st.subheader("Imports")
    repeat = None
    for view in views:
        left, right = st.columns([8, 1], vertical_alignment="center")
        text = f"{_outcome(view)} · {entry.source(wired.settings, view)}"
        with left:
            st.page_link(
                "views/import.py",
                label=f"{formatting.format_age(view.at)}, {formatting.escape_markdown(view.by)}: {text}",
                icon=":material/undo:" if view.undone_at else ":material/receipt_long:",
                query_params=ImportState(imported=view.id).query(),
            )
        if right.button("Repeat", key=f"import_repeat_{view.id}", icon=":material/replay:", type="tertiary"):
            repeat = view
    for job in jobs[:MOST]:
        st.page_link(
            "views/import.py",
            label=f"{formatting.format_age(job.created_at)}: {_job_outcome(job)}",
            icon=":material/receipt_long:",
            query_params=ImportState(job=job.id).query(),
        )
    return entry.repeated(wired, repeat) if repeat else None


def _is_other(job: JobView, listed: set[int | None]) -> bool:
    return not job.request["dry_run"] and job.id not in listed


def _outcome(view: ImportView) -> str:
    if view.undone_at is not None:
        return "undone"
    if view.report is None:
        return f"not finished, {formatting.count(view.images, 'image')}"
    known = f", {view.report.known:,} files known already" if view.report.known else ""
    refused = f", {len(view.report.refused):,} refused" if view.report.refused else ""
    return (
        f"{formatting.count(view.images, 'image')}, {formatting.count(view.report.labelled, 'label')}{known}{refused}"
    )


def _job_outcome(job: JobView) -> str:
    if not job.result:
        return str(job.state)
    return (
        f"{job.result['imported']:,} files imported, {job.result['known']:,} already in the catalogue, "
        f"{len(job.result['refused']):,} refused"
    )
