"""Tell a URL that the reader opened by back, forward or a link from one that the page wrote.

The browser sends its URL with every click, for a moment still the one before the page's last change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import streamlit as st

KEY = "url_history"
LATE, LATE_S = 8, 1.0  # URLs, and for how long


@dataclass(frozen=True, slots=True)
class _Seen:
    """The page and its URL as last seen, those that a late request may still name, and the values of its widgets."""

    page: str
    query: Mapping[str, str]
    earlier: tuple[Mapping[str, str], ...]
    values: Mapping[str, Any]
    at: float
    moved: bool = False


def begin(page: str) -> None:
    """Compare the URL with the last one; call it before a page is drawn."""
    query, seen = dict(st.query_params), _seen()
    if seen is None or seen.page != page:
        _remember(_Seen(page, query, (), {}, monotonic()))
        return
    is_late = query in seen.earlier and monotonic() - seen.at < LATE_S
    by_widget = any(st.session_state.get(key, value) != value for key, value in seen.values.items())
    moved = query != seen.query and not is_late and not by_widget
    _remember(replace(seen, query=query if moved else seen.query, moved=moved))


def end() -> None:
    """Let later runs of fragments write the URL; call it after a page was drawn."""
    if seen := _seen():
        _remember(replace(seen, moved=False, at=monotonic(), earlier=seen.earlier[-LATE:]))


def written(query: Mapping[str, str]) -> None:
    """Remember a URL that the page writes."""
    if seen := _seen():
        _remember(replace(seen, query=dict(query), earlier=(*seen.earlier, seen.query)))


def fills_in(query: Mapping[str, str]) -> bool:
    """Return whether the reader went to this URL, and `query` only adds to it what it leaves open.

    Writing that would add an entry to the history, and the next step back would lead to the same place again.
    """
    seen = _seen()
    return bool(seen and seen.moved) and all(query.get(name) == value for name, value in st.query_params.items())


def follow(key: str, value: object) -> None:
    """Give a widget, drawn without a default, the value of the URL when it is new or the reader moved."""
    seen = _seen()
    if key not in st.session_state or (seen and seen.moved):
        st.session_state[key] = value
    if seen:
        _remember(replace(seen, values={**seen.values, key: st.session_state[key]}))


def _seen() -> _Seen | None:
    seen: _Seen | None = st.session_state.get(KEY)
    return seen


def _remember(seen: _Seen) -> None:
    st.session_state[KEY] = seen
