"""Embed the image viewer as a Streamlit component that imports its modules from our own route."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import context
from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
HEIGHT = "calc(100vh - 78px)"
_viewer = st.components.v2.component("rounds_viewer", html='<div class="rv-root"></div>', js=LOADER)


def show(
    *,
    key: str,
    data: dict[str, Any],
    height: int | str = HEIGHT,
    on_event: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any] | None:
    """Draw the viewer; return its last event such as `{"kind": "step", "by": 1}`, else None.

    The page reruns on an event, and when maps listed as `pending` have arrived.

    Args:
        key: The widget key.
        data: What to show. Images are named by signed URLs only; answers go over HTTP and are never returned here.
        height: The height in pixels or as CSS.
        on_event: Called with the event before the page reruns, so that the page is drawn once and not twice.
    """
    css_height = f"{height}px" if isinstance(height, int) else height
    url = f"/api/viewer/{routes.version()}/index.js"
    payload = {**data, "url": url, "height": css_height, "home": context.app_context().signer.home}
    callback = _nothing if on_event is None else lambda: on_event(st.session_state[key]["event"])
    shown = _viewer(data=payload, key=key, on_event_change=callback, on_maps_change=_nothing)
    event: dict[str, Any] | None = shown.event
    return event


def _nothing() -> None:
    """Do nothing: Streamlit delivers a trigger only with a callback; the page reads the value itself."""
