"""What a preview found: counts, notes first, thumbnails made in memory, and the files that are refused."""

import base64

import streamlit as st

from core.imaging.tables.endings import TABLES
from core.jobs.job_queue import JobView
from core.services.imports import found_images
from core.services.imports.import_draft import ImportDraft
from core.services.imports.import_report import ImportReport
from core.settings import Settings
from dashboard import formatting, page_cache
from dashboard.parts.ingest import notes
from dashboard.parts.widgets import gallery

FEW_NOTES = 250  # pixels: the button that imports stays in sight


def progress(job: JobView) -> tuple[float | None, str]:
    """Return how far an import or its preview is; nothing is known until its files are listed."""
    is_preview = job.request["dry_run"]
    files, done = int(job.progress.get("found", 0)), int(job.progress.get("done", 0))
    if not files:
        return None, "Listing the files …"
    return done / files, f"{'Looking at' if is_preview else 'Importing'} {done:,} of {files:,} files"


def show(report: ImportReport) -> None:
    """Draw what was found."""
    refused = [one for one in report.refused if not one.file.lower().endswith(TABLES)]
    tables = len(report.refused) - len(refused)
    st.subheader("What was found")
    counts = [(report.patients - report.unknown_patients, "patient", ""), (report.studies, "study", "studies")]
    counts += [(report.series, "series", "series")]
    units = [formatting.count(*counted) for counted in counts if counted[0]]
    images = f"**{formatting.count(report.images, 'new image')}** in {formatting.count(report.imported, 'file')}"
    images = images if report.images else "**No new images**"
    st.markdown(" · ".join([images, *units]))
    others = [(report.known, "already in the catalogue"), (len(refused), "refused")]
    others += [(tables, "table or text" if tables == 1 else "tables or texts")]
    if text := [f"{number:,} {what}" for number, what in others if number]:
        st.caption(f"Of {formatting.count(report.files_found, 'file')}: {', '.join(text)}.")
    notes.show(report.notes, height=FEW_NOTES if len(report.notes) > 1 else "content")
    if refused:
        notes.files("Refused", [{"file": one.file, "reason": one.reason} for one in refused], expanded=len(refused) < 5)


def thumbnails(settings: Settings, draft: ImportDraft) -> None:
    """Draw some of the images, made in memory."""
    key = (str(settings.home), draft.key, draft.look)
    pictures = page_cache.cached(key, lambda: found_images.of_folder(settings, draft.request))
    tiles = [gallery.Tile(at, data_url(picture), name) for at, (name, picture) in enumerate(pictures)]
    gallery.show(tiles, key="import_found", strip=True, at=draft.key, drawn=str(len(tiles)))


def data_url(picture: bytes) -> str:
    """Return a JPEG as a URL: it goes to this browser only, and lies in no place that has an address."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
