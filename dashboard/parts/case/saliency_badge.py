"""Beside one map: what speaks against it, found by the picture's own pixels."""

import streamlit as st

from core.services.saliency import map_warnings
from core.services.saliency.map_warnings import MapWarnings
from core.services.saliency.store import MapView
from dashboard import context
from dashboard.parts.widgets import errors


def show(found: MapView | None, image_id: int) -> MapWarnings | None:
    """Badges in one line; None while the map is not there yet."""
    if found is None:
        return None
    wired, told = context.app_context(), None
    with errors.show_errors():
        told = map_warnings.map_warnings(wired.db, wired.settings, image_id, found)
    if told is not None:
        st.markdown(
            " ".join(f":orange-badge[{one}]" for one in told.warnings) or ":gray-badge[no warning for this map]"
        )
    return told
