"""Predictions made elsewhere: a CSV of images and scores becomes a run."""

from pathlib import Path

import streamlit as st

from core.services.datasets import snapshots
from core.services.datasets.snapshots import SnapshotView
from core.services.images import inbox
from core.services.predictions import external
from dashboard import context, reader
from dashboard.parts.widgets import errors

HELP = (
    "One line per image: `image` (file name, sha256 or the catalogue's id) and a column of probabilities for each "
    "class or finding; of two classes that of the last is enough. Of numbers the column is `value`."
)


def show() -> int | None:
    """The form, folded; gives the run that was made."""
    frozen = snapshots.list_snapshots(context.app_context().db)
    if not frozen:
        return None
    with st.expander("Take predictions that were made elsewhere"), st.form("outside", border=False):
        st.caption(HELP)
        left, right = st.columns(2)
        with left:
            snapshot = st.selectbox("Dataset", frozen, format_func=_named, key="outside_snapshot")
        with right:
            name = st.text_input("What made them", placeholder="vendor model 2.1", key="outside_name")
        file = st.file_uploader("CSV", type=["csv", "tsv", "txt"], key="outside_csv")
        if not st.form_submit_button("Take them", icon=":material/upload_file:"):
            return None
        if file is None or snapshot is None:
            st.warning("Choose the CSV that holds the predictions.")
            return None
        with errors.show_errors():
            return _taken(snapshot, name, file.name, file.getvalue())
    return None


def _named(frozen: SnapshotView) -> str:
    return f"{frozen.name} ({frozen.task})"


def _taken(snapshot: SnapshotView, name: str, file: str, content: bytes) -> int:
    """Dropped bytes lie in the home, closed to others, for as long as they are read."""
    wired = context.app_context()
    place = inbox.save(wired.settings, [(file, content)]) / Path(file).name
    try:
        return external.import_predictions(
            wired.db, wired.settings, snapshot=snapshot.id, name=name, csv=place, by=reader.reader()
        )
    finally:
        place.unlink(missing_ok=True)
        place.parent.rmdir()
