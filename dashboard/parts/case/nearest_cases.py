"""The training cases that the model takes for most like a case, with their labels; the same patient's left out."""

import streamlit as st

from core.services.analysis import registry
from core.services.training.runs import RunView
from dashboard import context, reader, theme
from dashboard.parts.review import analysis_job
from dashboard.parts.widgets import errors, gallery
from dashboard.url_state import ImagesState

SHOWN = 6


def show(run: RunView, case_id: int, *, count: int = SHOWN) -> int | None:
    """A row of thumbnails; a click opens the image; gives the case that was opened."""
    if run.external_source is not None:
        return None
    st.markdown("**Nearest training cases**")
    found = analysis_job.show(
        run, "features", button="Find nearest cases", empty="What the model makes of each case was not read yet."
    )
    if found is None:
        return None
    wired, near = context.app_context(), []
    with errors.show_errors():
        near = registry.neighbours(wired.db, wired.settings, run.id, case_id, count)
    tiles = [
        gallery.Tile(
            one.case_id,
            wired.signer.url(f"/api/thumbnail/{one.image_id}", reader.session_id()),
            one.said,
            f"alike {one.similarity:.2f}",
            theme.class_colour(one.label),
        )
        for one in near
    ]
    opened = gallery.show(tiles, key="trust_neighbours", strip=True) if tiles else None
    if opened is not None:
        image = next(one.image_id for one in near if one.case_id == opened)
        st.switch_page("views/images.py", query_params=ImagesState(image=image).query())
    return opened
