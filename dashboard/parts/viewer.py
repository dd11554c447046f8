"""The image viewer as a Streamlit component: three lines that import our own modules from our own route."""

from typing import Any

import streamlit as st

from dashboard import api, wiring

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
HEIGHT = "calc(100vh - 78px)"
_viewer = st.components.v2.component("rounds_viewer", html='<div class="rv-root"></div>', js=LOADER)


def show(*, key: str, data: dict[str, Any], height: int | str = HEIGHT) -> dict[str, Any] | None:
    """Draw the viewer; gives what it just asked for (`{"kind": "step", "by": 1}`), else None.

    `data` names images by signed URLs only; what a reader answers goes by HTTP and is never returned here.
    """
    tall = f"{height}px" if isinstance(height, int) else height
    url = f"/api/viewer/{api.version()}/index.js"
    told = {**data, "url": url, "height": tall, "home": wiring.here().signer.home}
    event: dict[str, Any] | None = _viewer(data=told, key=key, on_event_change=_nothing).event
    return event


def _nothing() -> None:
    """A trigger is delivered only where somebody listens; the page reads the value itself."""
