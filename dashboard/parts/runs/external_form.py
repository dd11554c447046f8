"""The form that imports external predictions: a CSV of images and scores becomes a run."""

from pathlib import Path

import streamlit as st

from core.services.datasets import snapshots
from core.services.datasets.snapshots import SnapshotView
from core.services.imports import inbox
from core.services.predictions import external
from dashboard import context, reader
from dashboard.parts.widgets import errors

HELP = (
    "One row per image: `image` (file name, SHA-256, or id as `id:24`) and one probability column per class or "
    "finding; for two classes the column of the last one is enough. For numbers, a column `value`."
)


def show() -> int | None:
    """Draw the form, folded; return the id of the imported run."""
    frozen = snapshots.list_snapshots(context.app_context().db)
    if not frozen:
        return None
    with st.expander("Import external predictions"), st.form("outside", border=False):
        st.caption(HELP)
        left, right = st.columns(2)
        with left:
            snapshot = st.selectbox("Dataset", frozen, format_func=_title, key="outside_snapshot")
        with right:
            name = st.text_input("Model name", placeholder="vendor model 2.1", key="outside_name")
        file = st.file_uploader(
            "Table (CSV, TSV or Excel)", type=["csv", "tsv", "txt", "xlsx", "xls", "ods"], key="outside_csv"
        )
        if not st.form_submit_button("Import predictions", icon=":material/upload_file:"):
            return None
        if file is None or snapshot is None:
            st.warning("Choose the table of the predictions.")
            return None
        with errors.show_errors():
            return _import(snapshot, name, file.name, file.getvalue())
    return None


def _title(frozen: SnapshotView) -> str:
    return f"{frozen.name} ({frozen.task})"


def _import(snapshot: SnapshotView, name: str, file: str, content: bytes) -> int:
    """Import an uploaded CSV; it is stored in the home, private, only while it is read."""
    wired = context.app_context()
    path = inbox.save(wired.settings, [(file, content)]) / Path(file).name
    try:
        return external.import_predictions(
            wired.db, wired.settings, snapshot=snapshot.id, name=name, csv=path, by=reader.reader()
        )
    finally:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
