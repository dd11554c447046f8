"""The import form: a folder on the server or uploaded files, and a CSV with metadata and labels."""

import secrets
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.services.imports import import_request, inbox
from core.services.imports.import_request import ImportRequest
from core.settings import Settings
from dashboard import reader
from dashboard.context import AppContext

FOLDER, UPLOAD = "Folder on the server", "Upload files"

TABLES = ["csv", "tsv", "txt", "xlsx", "xls", "ods"]


def show(settings: Settings) -> ImportRequest | None:
    """Draw the form; return a dry run once it is submitted: files are imported only after a preview."""
    source = st.segmented_control(
        "From",
        [FOLDER, UPLOAD],
        required=True,
        default=FOLDER,
        key="import_source",
    )
    with st.form("import_form", border=False):
        folder, files = "", []
        if source == FOLDER:
            folder = st.text_input("Folder or file", placeholder="/data/chest", key="import_folder")
        else:
            files = st.file_uploader("Images", accept_multiple_files=True, key="import_files") or []
        with st.expander("Metadata and labels from a table", expanded=False):
            request = _csv(settings, has_folder=source == FOLDER)
        submitted = st.form_submit_button("Preview import", type="primary", icon=":material/search:")
    if not submitted:
        return None
    if files:
        folder = str(_inbox(settings, files))
    if not folder.strip():
        st.warning("Enter a folder, or choose files, to import.")
        return None
    return replace(request, path=Path(folder.strip()))


def submit(wired: AppContext, request: ImportRequest) -> int:
    """Queue the import; return its job's id."""
    key = secrets.token_hex(16)
    return import_request.submit(
        wired.db, wired.settings, request, by=reader.reader(), key=key, launcher=wired.launcher
    )


def _csv(settings: Settings, *, has_folder: bool) -> ImportRequest:
    upload = st.file_uploader("Table (CSV, TSV or Excel)", type=TABLES, key="import_csv")
    path = st.text_input("Path of the table on the server", key="import_csv_path") if has_folder else ""
    left, right = st.columns(2)
    with left:
        file_column = st.text_input("File name column", "file", key="import_file_column")
        task = st.text_input("Labelling task for these labels", placeholder="abnormal", key="import_task")
    with right:
        patient = st.text_input("Patient ID column", placeholder="patient_id", key="import_patient_column")
        label = st.text_input("Label column", placeholder="abnormal", key="import_label_column")
    keep_spellings = st.checkbox(
        "Keep spellings of a class apart (Normal, normal, NORMAL)", key="import_keep_spellings"
    )
    reference = st.checkbox(
        "Link files instead of copying (do not move or delete them later)",
        key="import_reference",
        disabled=not has_folder,
    )
    metadata = _inbox(settings, [upload]) / Path(upload.name).name if upload else Path(path) if path.strip() else None
    return ImportRequest(
        path=Path(),
        metadata=metadata,
        file_column=file_column.strip(),
        patient_column=patient.strip() or None,
        task=task.strip(),
        label_column=label.strip() or None,
        keep_spellings=keep_spellings,
        reference=reference,
        dry_run=True,
    )


def _inbox(settings: Settings, files: list[UploadedFile]) -> Path:
    """Store uploaded files until they are imported, each under the last part of its name."""
    return inbox.save(settings, ((file.name, file.getbuffer()) for file in files))
