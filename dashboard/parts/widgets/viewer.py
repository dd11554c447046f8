"""The image viewer as a Streamlit component: three lines that import our own modules from our own route."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import context
from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
HEIGHT = "calc(100vh - 78px)"
_viewer = st.components.v2.component("rounds_viewer", html='<div class="rv-root"></div>', js=LOADER)


def show(
    *, key: str, data: dict[str, Any], height: int | str = HEIGHT, told: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any] | None:
    """Draw the viewer; gives what it just asked for (`{"kind": "step", "by": 1}`), else None.

    `told` hears it before the page is drawn again, so that the page is drawn once and not twice. The page is drawn
    again, too, when maps named as `pending` have come.

    `data` names images by signed URLs only; what a reader answers goes by HTTP and is never returned here.
    """
    tall = f"{height}px" if isinstance(height, int) else height
    url = f"/api/viewer/{routes.version()}/index.js"
    given = {**data, "url": url, "height": tall, "home": context.app_context().signer.home}
    heard = _nothing if told is None else lambda: told(st.session_state[key]["event"])
    shown = _viewer(data=given, key=key, on_event_change=heard, on_maps_change=_nothing)
    event: dict[str, Any] | None = shown.event
    return event


def _nothing() -> None:
    """A trigger is delivered only where somebody listens; the page reads the value itself."""
