"""Beside one map: what speaks against it, found by the picture's own pixels."""

import streamlit as st

from core.services.saliency import map_warnings
from core.services.saliency.map_warnings import MapBadge
from core.services.saliency.store import MapView
from dashboard import context
from dashboard.parts.widgets import errors


def show(found: MapView | None, image_id: int) -> MapBadge | None:
    """Badges in one line; None while the map is not there yet."""
    if found is None:
        return None
    wired, told = context.here(), None
    with errors.as_sentence():
        told = map_warnings.badge(wired.db, wired.settings, image_id, found)
    if told is not None:
        st.markdown(
            " ".join(f":orange-badge[{one}]" for one in told.warnings) or ":gray-badge[no warning for this map]"
        )
    return told
