"""One import of the list: its report, its images, what comes next, and how it is repeated or undone."""

import re
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.imaging.tables.column_titles import Role
from core.services.annotation import tasks
from core.services.images import images
from core.services.imports import import_draft, import_undo, roots, unfinished, unpacked
from core.services.imports.import_draft import ImportDraft
from core.services.imports.import_log import ImportView
from core.services.imports.import_request import ImportRequest, sent_folder
from core.settings import Settings
from dashboard import formatting, reader
from dashboard.context import AppContext
from dashboard.parts.ingest import report
from dashboard.parts.widgets import gallery
from dashboard.url_state import DatasetsState, ImagesState, LabelState


def show(wired: AppContext, view: ImportView) -> ImportDraft | None:
    """Draw an import; return the draft that repeats it once that is wanted."""
    st.subheader(f"Import {view.id}")
    age, by = formatting.format_age(view.at).capitalize(), formatting.escape_markdown(view.by)
    st.caption(f"{age} by {by} · {source(wired.settings, view.request)}")
    if view.undone_at is not None:
        age, by = formatting.format_age(view.undone_at), formatting.escape_markdown(view.undone_by)
        st.info(f"Undone {age} by {by}: its images are no longer in the catalogue.", icon=":material/undo:")
        return _again(wired, view)
    _next_steps(wired, view)
    repeated_draft = _again(wired, view)
    if view.images:
        _thumbnails(wired, view)
    if view.report:
        report.show(view.report, view.id)
    else:
        _, reason = unfinished.state_of(wired.db, wired.settings, view)
        rest = "What it had imported stays; import the folder again for the rest."
        text = reason_text(reason)
        st.info(f"This import did not finish{f': {text}' if text else '.'} {rest}")
    _roles(view)
    return repeated_draft


def reason_text(reason: str) -> str:
    """Return a reason as Markdown, without the options of the command line."""
    return formatting.escape_markdown(re.sub(r" \(--[a-z-]+\)", "", reason))


def source(settings: Settings, request: ImportRequest | None) -> str:
    """Return where an import read from, as far as that is known."""
    if request is None:
        return "its folder is not known any more"
    table = request.metadata
    name = f", {formatting.escape_markdown(formatting.path_text(Path(unpacked.shown_name(table))))}" if table else ""
    return place(settings, request.path) + name


def place(settings: Settings, path: Path) -> str:
    """Return the path of an import as Markdown; of files that a browser sent, the name of the archive, if any."""
    if sent_folder(settings, path):
        return formatting.escape_markdown(path.name) if roots.holds_files(path) else "Dropped files"
    return formatting.escape_markdown(formatting.path_text(path))


def _next_steps(wired: AppContext, view: ImportView) -> None:
    named = {task.name: task.id for task in tasks.list_tasks(wired.db)}
    task = named.get(str(view.roles.get("task", "")), 0)
    labelled = view.report is not None and view.report.labelled >= view.images
    with st.container(horizontal=True):
        st.page_link(
            "views/label.py",
            label="Label these",
            icon=":material/label:",
            query_params=LabelState(task=task, only="all" if labelled else "unlabelled").query(),
        )
        if view.images:
            st.page_link(
                "views/images.py",
                label="Images of this import",
                icon=":material/photo_library:",
                query_params=ImagesState(imported=view.id).query(),
            )
        st.page_link(
            "views/datasets.py",
            label="Make a dataset",
            icon=":material/dataset:",
            query_params=DatasetsState(task=task).query(),
        )


def _thumbnails(wired: AppContext, view: ImportView) -> None:
    session = reader.session_id()
    shown = images.page(wired.db, images.Filter(import_id=view.id), limit=12)
    tiles = [
        gallery.Tile(image.id, wired.signer.url(f"/api/thumbnail/{image.id}", session), image.patient)
        for image in shown
    ]
    opened = gallery.show(tiles, key=f"import_images_{view.id}", strip=True, drawn=str(len(tiles)))
    if opened is not None:
        st.switch_page("views/images.py", query_params=ImagesState(image=opened, imported=view.id).query())


def _roles(view: ImportView) -> None:
    table = view.report.table if view.report else None
    if table:
        with st.expander(f"Roles of the columns: {len(table['columns'])}"):
            for column in table["columns"]:
                role = Role(column["role"]).replace("_", " ")
                why = formatting.escape_markdown(column["reason"])
                st.markdown(f"**{formatting.escape_markdown(column['column'])}** · {role} · :gray[{why}]")


def _again(wired: AppContext, view: ImportView) -> ImportDraft | None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Repeat", icon=":material/replay:", key="import_repeat")
        if view.undone_at is None and view.images:
            _undo(wired, view)
    return repeated(wired, view) if pressed else None


def _undo(wired: AppContext, view: ImportView) -> None:
    reason = import_undo.why_not(wired.db, view.id)
    with st.popover("Undo", icon=":material/undo:"):
        if reason:
            st.markdown(reason)
            return
        st.markdown(
            f"This removes {formatting.count(view.images, 'image')} and their labels from the catalogue. "
            "The original files outside Rounds stay."
        )
        if st.button("Remove them", type="primary", key="import_undo"):
            undone = import_undo.undo(wired.db, wired.settings, view.id, by=reader.reader())
            st.session_state["import_undone"] = (
                f"Removed {formatting.count(undone.images, 'image')}, {formatting.count(undone.labels, 'label')} and "
                f"{formatting.count(undone.files, 'stored file')}."
            )
            st.rerun()


def repeated(wired: AppContext, view: ImportView) -> ImportDraft | None:
    """Return a draft with the same folder, table and roles, already in preview; None if they are gone."""
    request = view.request
    if request is None or sent_folder(wired.settings, request.path):
        st.warning("The files of this import were dropped in and are stored in Rounds; drop them again to repeat it.")
        return None
    path = roots.check_path(wired.settings, str(request.path))
    table = request.metadata
    if table and not unpacked.file_of(table).exists():
        table = None
    draft = import_draft.start(wired.db, wired.settings).at(path, wired.settings)
    same = replace(request, path=path, metadata=table, within=draft.request.within, dry_run=False)
    if table is None:
        same = replace(draft.request, reference=request.reference)
    draft = replace(draft, request=same, without_labels=not request.task, offered=True)
    return import_draft.preview(wired.db, wired.settings, draft, by=reader.reader(), launcher=wired.launcher)
