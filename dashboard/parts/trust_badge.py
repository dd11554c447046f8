"""Beside one map: what speaks against it, found by the picture's own pixels."""

import streamlit as st

from core.services import map_badges
from core.services.map_badges import MapBadge
from core.services.map_files import MapView
from dashboard import wiring
from dashboard.parts import mishap


def show(found: MapView | None, image_id: int) -> MapBadge | None:
    """Badges in one line; None while the map is not there yet."""
    if found is None:
        return None
    wired, told = wiring.here(), None
    with mishap.as_sentence():
        told = map_badges.badge(wired.db, wired.settings, image_id, found)
    if told is not None:
        st.markdown(
            " ".join(f":orange-badge[{one}]" for one in told.warnings) or ":gray-badge[no warning for this map]"
        )
    return told
