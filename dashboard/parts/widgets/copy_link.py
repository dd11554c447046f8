"""A button in the head of a page that copies its address: the address is the whole state of the page."""

import streamlit as st

from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
CSS = """
button{all:unset;cursor:pointer;font:13px var(--st-font);color:var(--st-text-color);padding:3px 8px;border-radius:6px}
button:hover{background:var(--st-secondary-background-color)}
button:focus-visible{outline:2px solid var(--st-primary-color)}
"""
BUTTON = '<button type="button" aria-live="polite" title="Copy the address of what is open">Copy link</button>'
_button = st.components.v2.component("rounds_copy_link", html=BUTTON, css=CSS, js=LOADER)


def show() -> None:
    """Draw the button; where it stands is said by the style of all pages."""
    with st.container(key="copy_link"):
        _button(data={"url": f"/api/viewer/{routes.version()}/widgets/copy_link.js"}, key="copy_link_button")
