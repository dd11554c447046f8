"""The form that imports external predictions: a CSV of images and scores becomes a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.services.datasets import snapshots
from core.services.datasets.snapshots import SnapshotView
from core.services.imports import inbox
from core.services.predictions import external, external_preview
from core.services.predictions.external_preview import MatchedPrediction
from dashboard import context, formatting, page_cache, reader
from dashboard.parts.widgets import errors, gallery

HELP = (
    "One row per image: `image` (file name, SHA-256, or id as `id:24`) and one probability column per class or "
    "finding; for two classes the column of the last one is enough. For numbers, a column `value`."
)


def show() -> int | None:
    """Draw the form, folded; return the id of the imported run."""
    frozen = snapshots.list_snapshots(context.app_context().db)
    if not frozen:
        return None
    with st.expander("Import external predictions"), errors.show_errors():
        st.caption(HELP)
        left, right = st.columns(2)
        with left:
            snapshot = st.selectbox("Dataset", frozen, format_func=_title, key="outside_snapshot")
        with right:
            name = st.text_input("Model name", placeholder="vendor model 2.1", key="outside_name")
        file = st.file_uploader(
            "Table (CSV, TSV or Excel)", type=["csv", "tsv", "txt", "xlsx", "xls", "ods"], key="outside_csv"
        )
        if file is not None and snapshot is not None:
            _matches(snapshot, file)
        if not st.button("Import predictions", icon=":material/upload_file:", key="outside_go"):
            return None
        if file is None or snapshot is None:
            st.warning("Choose the table of the predictions.")
            return None
        return _import(snapshot, name, file)
    return None


def _matches(snapshot: SnapshotView, file: UploadedFile) -> None:
    """Draw the images that the first lines name, each with its scores: nothing is imported yet."""
    wired, session = context.app_context(), reader.session_id()

    def read() -> list[MatchedPrediction]:
        with _saved(file) as path:
            return external_preview.matched_lines(wired.db, wired.settings, snapshot=snapshot.id, csv=path)

    key = (str(wired.settings.home), snapshot.id, file.file_id)
    lines = page_cache.cached(key, read)
    classes = snapshot.titles or ("value",)
    st.caption(f"The first {formatting.count(len(lines), 'line')} of this dataset: line, image and scores.")
    tiles = [
        gallery.Tile(
            line.line,
            wired.signer.url(f"/api/thumbnail/{line.image_id}", session),
            f"{line.line}: {line.text.rsplit('/', 1)[-1]}",
            ", ".join(f"{title} {score:.3g}" for title, score in zip(classes, line.scores or (), strict=False)),
        )
        for line in lines
    ]
    gallery.show(tiles, key="outside_lines", strip=True, at=file.file_id, drawn=str(len(tiles)))


def _title(frozen: SnapshotView) -> str:
    return f"{frozen.name} ({frozen.task})"


def _import(snapshot: SnapshotView, name: str, file: UploadedFile) -> int:
    wired = context.app_context()
    with _saved(file) as path:
        return external.import_predictions(
            wired.db, wired.settings, snapshot=snapshot.id, name=name, csv=path, by=reader.reader()
        )


@contextmanager
def _saved(file: UploadedFile) -> Iterator[Path]:
    """Give the path of a sent table, which lies in the home, private, only while it is read."""
    folder = inbox.save(context.app_context().settings, [(file.name, file.getbuffer())])
    try:
        yield folder / Path(file.name).name
    finally:
        inbox.delete(folder)
