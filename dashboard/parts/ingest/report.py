"""Progress and report of one import: every file is imported, in the catalogue already, refused or unlisted."""

from dataclasses import replace

import streamlit as st

from core.imaging.notes import IMAGE_KINDS, NOTES
from core.jobs import job_queue
from core.jobs.job_queue import JobView
from core.services.images.image_notes import NoteCount
from core.services.imports import import_request
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest
from dashboard import context, formatting
from dashboard.parts.widgets import job_poll
from dashboard.parts.widgets.job_controls import controls


def show(job_id: int) -> ImportRequest | None:
    """Draw the progress, then the report; after a preview, return the request to import once it is confirmed."""
    job = job_queue.get(context.app_context().db, job_id)
    if not job.state.is_finished:
        job_poll.progress(job_id, _progress, key=f"import_{job_id}")
        return None
    if job.state != "succeeded":
        controls(job, key=f"import_{job_id}")
        return None
    report = ImportReport.from_json(job.result)
    _report(report)
    if report.dry_run and report.files_found > report.known + len(report.refused) + len(report.unlisted):
        if st.button(
            f"Import {formatting.count(report.images, 'image')}", type="primary", icon=":material/download_done:"
        ):
            return replace(import_request.load_request(context.app_context().settings, job), dry_run=False)
    elif report.dry_run and report.known and import_request.load_request(context.app_context().settings, job).metadata:
        st.info("No new files to import. The table can bring labels and metadata of the images in the catalogue.")
        if st.button("Import labels and metadata", type="primary", icon=":material/download_done:"):
            return replace(import_request.load_request(context.app_context().settings, job), dry_run=False)
    elif report.dry_run:
        st.info("No new files to import.")
    else:
        with st.container(horizontal=True):
            st.page_link("views/images.py", label="View images", icon=":material/photo_library:")
            st.page_link("views/label.py", label="Label images", icon=":material/label:")
    return None


def _progress(job: JobView) -> tuple[float, str]:
    counts = job.progress
    files = int(counts.get("found", 0))
    done = int(counts.get("done", 0)) or sum(
        len(counts.get(name, ())) if name in ("refused", "unlisted") else int(counts.get(name, 0))
        for name in ("imported", "known", "refused", "unlisted")
    )
    verb = "Checking" if job.request["dry_run"] else "Importing"
    return done / files if files else 0.0, f"{verb} {done:,} of {files:,} files"


def _report(report: ImportReport) -> None:
    import pandas as pd

    st.subheader("Import preview" if report.dry_run else "Import report")
    verb = "to import" if report.dry_run else "imported"
    st.markdown(
        f"**{formatting.count(report.files_found, 'file')}** = **{report.imported:,}** {verb} + **{report.known:,}** "
        f"already in the catalogue + **{len(report.refused):,}** refused + **{len(report.unlisted):,}** not listed in "
        "the table."
    )
    st.markdown(
        f"{formatting.count(report.images, 'image')}, {formatting.count(report.patients, 'patient')}, "
        f"{formatting.count(report.series, 'series', 'series')}"
        + (f", {formatting.count(report.labelled, 'label')}." if not report.dry_run else ".")
    )
    _notes(report)
    if report.unknown_patients:
        st.info(
            f"{formatting.count(report.unknown_patients, 'image')} without a patient ID; each is treated as a "
            "separate patient."
        )
    if report.labels_overridden:
        st.info(
            f"{formatting.count(report.labels_overridden, 'label')} of the file not imported: a reader has labelled "
            "the case since, or the class is retired."
        )
    if report.labels_without_case:
        st.warning(
            f"{formatting.count(report.labels_without_case, 'label')} of the file not imported: the task labels "
            "whole series or studies, and these images belong to none. Add a CSV column 'study'."
        )
    for title, rows in (
        ("Refused", [{"file": one.file, "reason": one.reason} for one in report.refused]),
        ("Not listed in the table", [{"file": name} for name in report.unlisted]),
        ("Listed in the table but missing", [{"file": name} for name in report.missing]),
        ("Fits several files; write its path", [{"file": name} for name in report.ambiguous]),
    ):
        if rows:
            with st.expander(f"{title}: {len(rows):,}", expanded=title == "Refused" and len(rows) < 40):
                st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(400, 40 + 35 * len(rows)))


def _notes(report: ImportReport) -> None:
    """Draw what was noticed, before all else; each kind opens its images once they are in the catalogue."""
    if not report.notes:
        return
    with st.container(border=True, key="import_notes"):
        st.markdown("**Read in another way than it lies in the file, or to be looked at**")
        for note in report.notes:
            _note(note, opens=not report.dry_run and note.kind in IMAGE_KINDS)


def _note(note: NoteCount, *, opens: bool) -> None:
    kind = NOTES[note.kind]
    names = ", ".join(map(formatting.escape_markdown, note.examples))
    more = ", …" if note.count > len(note.examples) else ""
    text, link = st.columns([6, 1], vertical_alignment="center")
    text.markdown(
        f":material/info: **{kind.title}** · {formatting.count(note.count, kind.of)} ({names}{more}). "
        f"{kind.meaning} {kind.way_out}"
    )
    if opens:
        link.page_link(
            "views/images.py", label="View", icon=":material/photo_library:", query_params={"note": note.kind}
        )
