"""Prepare an import on one screen: where, what was found, the table with its roles, and the button that imports."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import cast

import streamlit as st

from core.errors import InvalidInput
from core.imaging.identity.name_handling import NameHandling
from core.imaging.tables.column_titles import Role
from core.jobs import job_queue
from core.services.annotation import tasks
from core.services.imports import found_images, import_draft, import_request, import_sources, readable_notes, unpacked
from core.services.imports.import_draft import ImportDraft
from core.services.imports.import_report import ImportReport
from core.services.imports.table_preview import TablePreview
from core.settings import Settings
from dashboard import formatting, page_cache, reader
from dashboard.context import AppContext
from dashboard.parts.ingest import entry, preview_result, roles_form, table, where
from dashboard.parts.widgets import job_poll
from dashboard.parts.widgets.job_controls import controls

Pictures = dict[Path, bytes]
NAMES = {"keyed": "Code them", "kept": "Keep them", "cut": "Cut them"}
SEPARATE = "each is treated as a separate patient, unless a table names them."


def show(wired: AppContext, draft: ImportDraft) -> tuple[ImportDraft, int]:
    """Draw the steps; return the draft with what was changed, and the job of the import once it is started."""
    job = job_queue.get(wired.db, draft.look) if draft.look else None
    if job is None or (job.state.is_finished and job.state != "succeeded"):
        if job is not None:
            st.warning(formatting.escape_markdown(_why(wired.settings, job)), icon=":material/edit:")
        return _where(wired, draft), 0
    changed = _line(wired, draft)
    if changed is not None:
        return changed, 0
    if not job.state.is_finished:
        job_poll.progress(job.id, preview_result.progress, key=f"import_{job.id}")
        return draft, 0
    return _table(wired, draft, readable_notes.readable_report(wired.settings, job))


def _why(settings: Settings, job: job_queue.JobView) -> str:
    text = readable_notes.readable_error(settings, job) or f"The preview was {job.state}."
    return f"{text} Correct the path and preview it again." if job.state == "failed" else "The preview was stopped."


def _where(wired: AppContext, draft: ImportDraft) -> ImportDraft:
    picked, is_ready = where.show(wired.settings, draft)
    if not is_ready:
        return picked
    tables = [file for file in table.nearby(wired.settings, picked) if file.parent == picked.request.path]
    if picked.request.metadata is None and len(tables) == 1:
        picked = picked.with_table(tables[0])
    return import_draft.preview(wired.db, wired.settings, picked, by=reader.reader(), launcher=wired.launcher)


def _line(wired: AppContext, draft: ImportDraft) -> ImportDraft | None:
    """Say where the import is from; return the draft to choose again once that is wanted."""
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(f":material/folder: **{entry.place(wired.settings, draft.request.path)}**")
    return replace(draft, look=0) if right.button("Change", icon=":material/edit:", key="import_change") else None


def _table(wired: AppContext, draft: ImportDraft, report: ImportReport) -> tuple[ImportDraft, int]:
    """Draw the table and its roles beside what was found, its labels below that, and the button."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        preview_result.show(report)
        below = st.container()
    with right:
        st.subheader("Labels and facts from a table")
        inside = import_sources.tables_inside(draft.request.path, report)
        changed, preview, pictures = table.choose(wired.settings, draft, inside), None, Pictures()
        if changed == draft and draft.request.metadata:
            changed, preview, pictures = _read(wired, draft)
    with below:
        if report.unknown_patients and not (preview and preview.column(Role.PATIENT)):
            st.caption(f"{formatting.count(report.unknown_patients, 'image')} without a patient ID: {SEPARATE}")
        if changed == draft and preview:
            changed = _labels(wired, draft, preview)
        if preview and preview.pairs:
            roles_form.pairs(preview, pictures)
        elif report.images:
            preview_result.thumbnails(wired.settings, draft)
        return changed, _button(wired, draft, report, preview) if changed == draft else 0


def _read(wired: AppContext, draft: ImportDraft) -> tuple[ImportDraft, TablePreview | None, Pictures]:
    """Draw how the table is written, its first rows and its roles; return the draft with what was changed."""
    try:
        preview, pictures = _preview(wired, draft)
    except InvalidInput as error:
        changed = table.dialect(draft, None)
        _problem(str(error))
        return changed, None, {}
    changed = roles_form.with_task(draft, preview)
    if changed == draft:
        changed = table.dialect(draft, preview)
    table.first_rows(preview)
    if preview.problem:
        _problem(preview.problem)
    elif preview.profiles:
        _matches(preview)
    if preview.profiles and changed == draft:
        changed = roles_form.roles(draft, preview)
    return changed, preview, pictures


def _preview(wired: AppContext, draft: ImportDraft) -> tuple[TablePreview, Pictures]:
    table = draft.request.metadata or draft.request.path
    status = unpacked.file_of(table).stat()
    known = tuple(tasks.list_tasks(wired.db))
    key = (str(wired.settings.home), draft.look, draft.request, status.st_mtime_ns, known)
    return page_cache.cached(key, lambda: found_images.of_table(wired.db, wired.settings, draft.request))


def _problem(text: str) -> None:
    """Say what keeps the table from being imported, without the options of the command line."""
    st.error(entry.reason_text(text), icon=":material/error:")


def _matches(preview: TablePreview) -> None:
    """Say which files the rows name, and which not."""
    text = f"**{preview.summary}**"
    if preview.unlisted:
        text += f" · {formatting.count(preview.unlisted, 'file')} in no row: not imported"
    st.markdown(text)
    _names("Fit several files; write the path in the table", preview.ambiguous_names, preview.ambiguous)
    _names("Rows without a file", preview.missing_names, preview.missing)


def _labels(wired: AppContext, draft: ImportDraft, preview: TablePreview) -> ImportDraft:
    """Draw the task and the classes of the labels; return the draft with what was changed."""
    names = {task.name: task.id for task in tasks.list_tasks(wired.db)}
    left, right = st.columns(2)
    with left:
        changed = roles_form.task(draft, preview, names)
    with right:
        is_new = draft.request.task not in names
        changed = roles_form.positive(draft, preview) if changed == draft and is_new else changed
    roles_form.classes(preview)
    return changed


def _names(title: str, names: tuple[str, ...], total: int) -> None:
    if names:
        with st.expander(f"{title}: {total:,}"):
            st.text("\n".join(names) + ("\n…" if total > len(names) else ""))


def _button(wired: AppContext, draft: ImportDraft, report: ImportReport, preview: TablePreview | None) -> int:
    """Draw the button that imports; return the job once it is clicked."""
    blocked = draft.request.metadata is not None and (preview is None or bool(preview.problem))
    with st.container(horizontal=True, vertical_alignment="center"):
        title = _title(report, preview)
        pressed = st.button(
            title or "Nothing to import",
            type="primary",
            icon=":material/download_done:",
            disabled=blocked or not title,
            key="import_go",
        )
        linked = st.checkbox(
            "Link files instead of copying",
            value=draft.request.reference,
            disabled=not import_draft.is_picked(wired.settings, draft),
            help="The files stay where they are; do not move or delete them later.",
            key=f"import_link_{draft.key}",
        )
    names = _name_handling(report, draft)
    if not pressed:
        return 0
    request = replace(draft.request, reference=linked, names=names, dry_run=False)
    return import_request.submit(
        wired.db, wired.settings, request, by=reader.reader(), key=secrets.token_hex(16), launcher=wired.launcher
    )


def _name_handling(report: ImportReport, draft: ImportDraft) -> NameHandling:
    """Ask how names that look like a person are stored, where there are any."""
    if not any(note.kind.startswith("names_") for note in report.notes):
        return draft.request.names
    chosen = st.segmented_control(
        "File names that look like a person",
        list(NAMES),
        default=draft.request.names,
        required=True,
        format_func=lambda name: NAMES[name],
        key=f"import_names_{draft.key}",
    )
    return cast("NameHandling", chosen)


def _title(report: ImportReport, preview: TablePreview | None) -> str:
    """Return what the button imports, "" if there is nothing."""
    if preview is None or not preview.matched:
        return f"Import {formatting.count(report.images, 'image')}" if report.images else ""
    if report.images:
        whole = preview.matched == preview.files
        counted = formatting.count(report.images, "image") if whole else formatting.count(preview.matched, "file")
        return f"Import {counted}"
    return "Import labels and metadata"


def failed(settings: Settings, job: job_queue.JobView) -> None:
    """Say why an import did not finish; only one that was stopped or lost can be resumed."""
    if job.state == "failed":
        reason = readable_notes.readable_error(settings, job) or "The import failed."
        st.warning(formatting.escape_markdown(reason), icon=":material/info:")
    else:
        controls(job, key=f"import_{job.id}")
