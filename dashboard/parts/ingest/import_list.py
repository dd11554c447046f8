"""The list of imports, newest first, each with its outcome and what repeats it."""

import streamlit as st

from core.services.imports import import_log, unfinished
from core.services.imports.import_draft import ImportDraft
from core.services.imports.import_log import ImportView
from core.services.imports.import_report import ImportReport
from dashboard import formatting
from dashboard.context import AppContext
from dashboard.parts.ingest import entry
from dashboard.url_state import ImportState

MOST = 10


def show(wired: AppContext) -> ImportDraft | None:
    """Draw the list; return the draft that repeats an import once that is wanted."""
    views = import_log.list_imports(wired.db, wired.settings, limit=MOST)
    others = unfinished.list_unlisted(wired.db, wired.settings)[:MOST]
    if views or others:
        st.subheader("Imports")
    repeat = None
    for view in views:
        left, right = st.columns([8, 1], vertical_alignment="center")
        state, reason = unfinished.state_of(wired.db, wired.settings, view)
        text = f"{_outcome(view, state)} · {entry.source(wired.settings, view.request)}"
        with left:
            st.page_link(
                "views/import.py",
                label=f"{formatting.format_age(view.at)}, {formatting.escape_markdown(view.by)}: {text}",
                icon=":material/undo:" if view.undone_at else ":material/receipt_long:",
                query_params=ImportState(imported=view.id).query(),
            )
            _why(reason)
        if right.button("Repeat", key=f"import_repeat_{view.id}", icon=":material/replay:", type="tertiary"):
            repeat = view
    for other in others:
        outcome = _counts(other.report) if other.report else str(other.state)
        text = f"{outcome} · {entry.source(wired.settings, other.request)}"
        st.page_link(
            "views/import.py",
            label=f"{formatting.format_age(other.at)}, {formatting.escape_markdown(other.by)}: {text}",
            icon=":material/error:" if other.reason else ":material/receipt_long:",
            query_params=ImportState(job=other.job_id).query(),
        )
        _why(other.reason)
    return entry.repeated(wired, repeat) if repeat else None


def _why(reason: str) -> None:
    if reason:
        st.caption(entry.reason_text(reason))


def _outcome(view: ImportView, state: str) -> str:
    if view.undone_at is not None:
        return state
    if view.report is None:
        return f"{state}, {formatting.count(view.images, 'image')}"
    known = f", {view.report.known:,} files known already" if view.report.known else ""
    refused = f", {len(view.report.refused):,} refused" if view.report.refused else ""
    return (
        f"{formatting.count(view.images, 'image')}, {formatting.count(view.report.labelled, 'label')}{known}{refused}"
    )


def _counts(report: ImportReport) -> str:
    refused = f"{len(report.refused):,} refused"
    return f"{report.imported:,} files imported, {report.known:,} already in the catalogue, {refused}"
