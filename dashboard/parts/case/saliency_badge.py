"""Show the warnings of one map that follow from the pixels of its image."""

import streamlit as st

from core.services.saliency import map_warnings
from core.services.saliency.map_warnings import MapWarnings
from core.services.saliency.store import MapView
from dashboard import context
from dashboard.parts.widgets import errors


def show(saliency_map: MapView | None, image_id: int) -> MapWarnings | None:
    """Draw the warnings as badges in one line; return None while the map is not computed."""
    if saliency_map is None:
        return None
    app, warnings = context.app_context(), None
    with errors.show_errors():
        warnings = map_warnings.map_warnings(app.db, app.settings, image_id, saliency_map)
    if warnings is not None:
        st.markdown(
            " ".join(f":orange-badge[{warning}]" for warning in warnings.warnings)
            or ":gray-badge[no warnings for this map]"
        )
    return warnings
