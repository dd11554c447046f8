"""Draw a grid or strip of thumbnails."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
CSS = """
.rg-root{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:10px;
font-family:var(--st-font);color:var(--st-text-color)}
.rg-strip{display:flex;overflow-x:auto;gap:8px;padding-bottom:4px;scrollbar-width:thin}
.rg-strip .rg-tile{flex:0 0 104px;gap:1px}
@media (max-height:820px){.rg-strip .rg-tile{flex-basis:70px}.rg-strip .rg-note{display:none}}
.rg-tile{all:unset;cursor:pointer;display:flex;flex-direction:column;gap:3px;border-radius:6px;padding:4px;
border:2px solid transparent;min-width:0}
.rg-tile:hover{background:var(--st-secondary-background-color)}
.rg-tile:focus-visible{border-color:var(--st-primary-color)}
.rg-chosen{border-color:var(--st-primary-color)}
.rg-tile img,.rg-broken{width:100%;aspect-ratio:1;object-fit:contain;background:#000;border-radius:4px}
.rg-broken{display:grid;place-items:center;text-align:center;color:#cfd6dd;font-size:13px}
.rg-line,.rg-note{font-size:13px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.rg-note{opacity:.75;min-height:1.2em}
.rg-dot{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:5px}
"""
_gallery = st.components.v2.component("rounds_gallery", html='<div class="rg-root"></div>', css=CSS, js=LOADER)


@dataclass(frozen=True)
class Tile:
    """One thumbnail: `url` is signed, `colour` is that of the class."""

    id: int
    url: str
    title: str
    note: str = ""
    colour: str = ""
    chosen: bool = False


def show(
    tiles: Sequence[Tile], *, key: str, strip: bool = False, at: str = "", drawn: str = "", reveal: bool = False
) -> int | None:
    """Draw the thumbnails; return the id that was just clicked, else None.

    Args:
        tiles: The thumbnails.
        key: The widget key.
        strip: One row that scrolls.
        at: The name of the list; a new list starts at the left.
        drawn: Written on the element, so that tests can wait for it.
        reveal: Scroll a new list into sight.
    """
    data = {
        "url": f"/api/viewer/{routes.version()}/widgets/gallery.js",
        "items": [asdict(tile) for tile in tiles],
        "strip": strip,
        "at": at,
        "drawn": drawn,
        "reveal": reveal,
    }
    opened = _gallery(data=data, key=key, on_opened_change=_nothing).opened
    return int(opened) if opened is not None else None


def _nothing() -> None:
    """Do nothing: Streamlit delivers a trigger only with a callback; the page reads the value itself."""
