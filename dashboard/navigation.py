"""The frame of every page: the table of pages and, in the sidebar, the name of the reader."""

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import reader
from dashboard.links import resolver
from dashboard.parts.widgets import copy_link

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

READING = ("label", "case")  # pages that the image fills
HIDDEN = ("compare", "case", "people")  # reached from other pages

PAGES = (
    ("home", "Home", "home"),
    ("import", "Import", "upload"),
    ("images", "Images", "photo_library"),
    ("label", "Label", "label"),
    ("datasets", "Datasets", "dataset"),
    ("train", "Train", "model_training"),
    ("runs", "Runs", "show_chart"),
    ("review", "Review", "rate_review"),
    ("compare", "Compare", "compare_arrows"),
    ("case", "Case", "image"),
    ("people", "People", "group"),
    ("settings", "Settings", "settings"),
)


def pages() -> "list[StreamlitPage]":
    """Return every page in the order of work; Case, Compare and People are opened from other pages."""
    return [
        st.Page(
            f"views/{name}.py",
            title=title,
            icon=f":material/{icon}:",
            url_path=name if name != "home" else None,
            default=name == "home",
            visibility="hidden" if name in HIDDEN else "visible",
        )
        for name, title, icon in PAGES
    ]


def show(page: "StreamlitPage") -> None:
    """Draw the style of all pages and the name of the reader; reading pages hide the sidebar."""
    reading = page.url_path in READING
    st.set_page_config(layout="wide", initial_sidebar_state="collapsed" if reading else "auto")
    st.html(STYLE + (READING_STYLE if reading else ""))
    if page.url_path in resolver.STATES:
        copy_link.show()
    with st.sidebar:
        reader.reader_input()


# Fixed text without data, in the colours of config.toml, which HTML inside a page cannot read. Pages start high,
# numbers are aligned in columns, nothing jumps, and at 1024 × 768 columns wrap. Streamlit writes its tables as CSV with
# live formulas, so that button is hidden: our own ones (core.imaging.tables.formulas) do not.
STYLE = """<style>
.stMainBlockContainer{padding:3.2rem 2.5rem 2rem}
[data-testid="stSidebar"][data-collapsed="false"]{width:220px!important;min-width:220px!important}
.st-key-tour [data-testid="stColumn"],.st-key-figures [data-testid="stColumn"]{min-width:250px}
.st-key-plots [data-testid="stColumn"]{min-width:310px}
.st-key-overview [data-testid="stColumn"]{min-width:320px}.st-key-point [data-testid="stColumn"]{min-width:225px}
.st-key-copy_link{position:fixed;top:.85rem;right:4.5rem;width:auto;z-index:999991}
@media(min-height:820px){div:has(>.st-key-strip_part){position:sticky;bottom:0;z-index:5}}
.st-key-changed_part div:has(>.st-key-strip_part){position:static}
.st-key-strip_part{background:light-dark(#fff,#101418);padding:.4rem 0;border-top:1px solid light-dark(#d5dbe1,#2f3942)}
.rd-figures{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
.rd-figures th{font-weight:400;opacity:.75;text-align:right;font-size:13px;padding:2px 8px}
.rd-figures td{text-align:right;padding:1px 8px;border-top:1px solid light-dark(#e4e8ec,#242c34)}
.rd-figures th:first-child,.rd-figures td:first-child{text-align:left;padding-left:0}
.rd-figures .rd-why{text-align:left;opacity:.8}.rd-figures td:last-child{opacity:.75}
[data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]){display:none}
[data-testid="stMetricValue"],[data-testid="stTable"] td{font-variant-numeric:tabular-nums}
h1{font-size:1.6rem!important;font-weight:600!important;padding:.2rem 0 .6rem!important}
h2{font-size:1.2rem!important;font-weight:600!important}h3{font-size:1.02rem!important;font-weight:600!important}
</style>"""
READING_STYLE = """<style>.stMainBlockContainer{padding:4rem 1rem .3rem}</style>"""
