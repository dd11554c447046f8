"""Show the training cases nearest to a case in the model's feature space, with their labels, other patients only."""

import streamlit as st

from core.services.analysis import registry
from core.services.training.runs import RunView
from dashboard import context, reader, theme
from dashboard.parts.review import analysis_job
from dashboard.parts.widgets import errors, gallery
from dashboard.url_state import ImagesState

SHOWN = 6


def show(run: RunView, case_id: int, *, count: int = SHOWN) -> int | None:
    """Draw a row of thumbnails; a click opens the image; return the opened case."""
    if run.external_source is not None:
        return None
    st.markdown("**Nearest training cases**")
    analysis = analysis_job.show(
        run, "features", button="Find nearest cases", empty="The features of the cases have not been computed."
    )
    if analysis is None:
        return None
    app, neighbours = context.app_context(), []
    with errors.show_errors():
        neighbours = registry.neighbours(app.db, app.settings, run.id, case_id, count)
    tiles = [
        gallery.Tile(
            neighbour.case_id,
            app.signer.url(f"/api/thumbnail/{neighbour.image_id}", reader.session_id()),
            neighbour.label_text,
            f"similarity {neighbour.similarity:.2f}",
            theme.class_colour(neighbour.label),
        )
        for neighbour in neighbours
    ]
    opened = gallery.show(tiles, key="trust_neighbours", strip=True) if tiles else None
    if opened is not None:
        image = next(neighbour.image_id for neighbour in neighbours if neighbour.case_id == opened)
        st.switch_page("views/images.py", query_params=ImagesState(image=image).query())
    return opened
