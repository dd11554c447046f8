"""Filters by a range of numbers or dates on the Images page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from core.services.images.fact_ranges import Between, FactRange
from dashboard import formatting
from dashboard.url_state import ImagesState


def show(state: ImagesState, measured: Sequence[FactRange]) -> tuple[Between, ...]:
    """Draw two ends for each column of numbers or dates; return the ranges that are narrowed."""
    ranges = [_range(one, state) for one in measured]
    return tuple(one for one in ranges if one.low or one.high)


def _range(fact: FactRange, state: ImagesState) -> Between:
    title, ends = fact.name.replace("_", " ").capitalize(), state.range_of(fact.name)
    keys = [f"filter_range_{fact.name}_{end}" for end in ("from", "to")]
    for key, text in zip(keys, ends, strict=True):
        st.session_state[key] = _value(fact, text)
    for column, key, word, limit in zip(st.columns(2), keys, ("from", "to"), (fact.low, fact.high), strict=True):
        with column:
            _draw(fact, f"{formatting.escape_markdown(title)} {word}", key, limit, keys)
    low, high = (_text(st.session_state[key]) for key in keys)
    return Between(fact.name, low, high)


def _draw(fact: FactRange, title: str, key: str, limit: str, keys: list[str]) -> None:
    if fact.is_date:
        first, last = date(1800, 1, 1), date(2199, 12, 31)
        st.date_input(title, None, first, last, key=key, on_change=_update, args=(fact.name, keys))
    else:
        st.number_input(
            title, value=None, step=None, placeholder=limit, key=key, on_change=_update, args=(fact.name, keys)
        )


def _value(fact: FactRange, text: str) -> float | date | None:
    try:
        return date.fromisoformat(text) if fact.is_date else float(text)
    except ValueError:
        return None


def _text(value: float | date | None) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else f"{value:.12g}"


def _update(name: str, keys: list[str]) -> None:
    """Write a changed range into the URL, and go to the first page of the new list."""
    low, high = (_text(st.session_state[key]) for key in keys)
    replace(ImagesState.from_url(), after=0).with_range(name, low, high).to_url()
