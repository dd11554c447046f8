"""What to import: a folder of this machine or dropped files, and the CSV that goes with it."""

import secrets
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.services.images import import_files, inbox
from core.services.images.import_files import ImportRequest
from core.settings import Settings
from dashboard import reader
from dashboard.context import AppContext


def show(settings: Settings) -> ImportRequest | None:
    """The form; gives a dry run once it is asked for: nothing is taken before it was looked at."""
    source = st.segmented_control(
        "From",
        ["A folder of this machine", "Files from this computer"],
        required=True,
        default="A folder of this machine",
        key="import_source",
    )
    with st.form("import_form", border=False):
        folder, files = "", []
        if source == "A folder of this machine":
            folder = st.text_input("Folder or file", placeholder="/data/chest", key="import_folder")
        else:
            files = st.file_uploader("Images", accept_multiple_files=True, key="import_files") or []
        with st.expander("Metadata and labels from a CSV", expanded=False):
            request = _csv(settings, folder_given=bool(source and source.startswith("A folder")))
        asked = st.form_submit_button("Look first", type="primary", icon=":material/search:")
    if not asked:
        return None
    if files:
        folder = str(_inbox(settings, files))
    if not folder.strip():
        st.warning("Name a folder, or drop files, to import.")
        return None
    return replace(request, path=Path(folder.strip()))


def submit(wired: AppContext, request: ImportRequest) -> int:
    """Queue it; gives the job's id."""
    key = secrets.token_hex(16)
    return import_files.submit(wired.db, wired.settings, request, by=reader.reader(), key=key, launcher=wired.launcher)


def _csv(settings: Settings, *, folder_given: bool) -> ImportRequest:
    dropped = st.file_uploader("CSV", type=["csv", "tsv", "txt"], key="import_csv")
    path = st.text_input("… or its path on this machine", key="import_csv_path") if folder_given else ""
    left, right = st.columns(2)
    with left:
        file_column = st.text_input("Column that names the file", "file", key="import_file_column")
        task = st.text_input("Task that the labels answer", placeholder="abnormal", key="import_task")
    with right:
        patient = st.text_input("Column that names the patient", placeholder="patient_id", key="import_patient_column")
        label = st.text_input("Column that holds the label", placeholder="abnormal", key="import_label_column")
    reference = st.checkbox(
        "Leave the originals where they are (they must stay there)", key="import_reference", disabled=not folder_given
    )
    metadata = (
        _inbox(settings, [dropped]) / Path(dropped.name).name if dropped else Path(path) if path.strip() else None
    )
    return ImportRequest(
        path=Path(),
        metadata=metadata,
        file_column=file_column.strip(),
        patient_column=patient.strip() or None,
        task=task.strip(),
        label_column=label.strip() or None,
        reference=reference,
        dry_run=True,
    )


def _inbox(settings: Settings, files: list[UploadedFile]) -> Path:
    """Dropped files lie here until they are imported; names are cut to their last part."""
    return inbox.save(settings, ((file.name, file.getbuffer()) for file in files))
