"""Draw the threshold slider under the score histograms of both classes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.services.evaluation.review_data import ReviewData
from dashboard import theme
from dashboard.parts.widgets import chart
from dashboard.server import routes

BINS = 60
LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
CSS = """
.rp-root{display:flex;gap:12px;align-items:center;font-family:var(--st-font);color:var(--st-text-color)}
.rp-field{position:relative;flex:1;min-width:0;padding-bottom:18px}
.rp-plot{display:block;width:100%;height:72px;border-radius:4px;background:var(--st-secondary-background-color)}
.rp-range{position:absolute;left:-8px;bottom:0;width:calc(100% + 16px);margin:0;height:18px;
accent-color:var(--st-primary-color);cursor:ew-resize}
.rp-names{display:flex;flex-direction:column;justify-content:space-around;height:72px;margin-bottom:18px;max-width:110px}
.rp-name{font-size:13px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;text-align:right}
.rp-number{font:inherit;font-size:18px;font-variant-numeric:tabular-nums;width:86px;padding:6px 8px;border-radius:6px;
color:inherit;background:var(--st-secondary-background-color);border:1px solid var(--st-border-color)}
.rp-number:focus-visible,.rp-range:focus-visible{outline:2px solid var(--st-primary-color);outline-offset:1px}
.rp-place .rp-range,.rp-place .rp-number{display:none}.rp-place .rp-field{padding:0}
.rp-place .rp-names{margin:0;max-width:96px}
.rp-locked .rp-range,.rp-locked .rp-number{cursor:not-allowed;opacity:.75}
"""
_bar = st.components.v2.component("rounds_point", html='<div class="rp-root"></div>', css=CSS, js=LOADER)


def show(
    counts: tuple[Sequence[int], Sequence[int]],
    titles: Sequence[str],
    *,
    at: float,
    locked: bool,
    key: str,
    moved: Callable[[float], None],
) -> None:
    """Draw the slider; `moved` is called with the new threshold, 0 to 1.

    Args:
        counts: Numbers of negatives and of positives by bins of equal width from 0 to 1.
        titles: The names of the negative and the positive class.
        at: The threshold.
        locked: Only show the threshold.
        key: The widget key.
        moved: The callback.
    """

    def on_moved() -> None:
        if not locked:
            moved(min(1.0, max(0.0, float(st.session_state[key]["moved"]))))

    _bar(data=_plotted(counts, titles, at, locked=locked), key=key, on_moved_change=on_moved)


def place(data: ReviewData, *, at: float, row: int, key: str) -> None:
    """Draw the score `at` of one case among the scores of all cases; `row` is its class, 0 negative, 1 positive."""
    counts = histogram(data)
    numbers = ", ".join(f"{sum(side):,} {title}" for side, title in zip(counts, data.titles, strict=True))
    mark = {"at": at, "row": row, "label": f"Score {at:.3f} among {numbers}; threshold {data.threshold:.3f}"}
    plotted = _plotted(counts, data.titles, data.threshold, locked=True)
    _bar(data={**plotted, "mark": mark}, key=key, on_moved_change=lambda: None)


def _plotted(
    counts: tuple[Sequence[int], Sequence[int]], titles: Sequence[str], at: float, *, locked: bool
) -> dict[str, Any]:
    return {
        "url": f"/api/viewer/{routes.version()}/widgets/threshold_slider.js",
        "below": list(counts[0]),
        "above": list(counts[1]),
        "names": list(titles),
        "at": at,
        "locked": locked,
        "colours": [theme.class_colour(0), theme.class_colour(1)],
    }


def histogram(data: ReviewData) -> tuple[Sequence[int], Sequence[int]]:
    """Return the numbers of negatives and of positives in BINS bins of equal width from 0 to 1."""
    places = np.clip((data.score * BINS).astype(int), 0, BINS - 1)
    flat = np.bincount(data.truth * BINS + places, minlength=2 * BINS).reshape(2, BINS)
    return flat[0].tolist(), flat[1].tolist()


def histogram_csv(data: ReviewData) -> bytes:
    """Return the histogram as CSV; bins exclude their upper edge, except the last one."""
    edges = [place / BINS for place in range(BINS + 1)]
    sides = dict(zip((f"{data.unit}s {title}" for title in data.titles), histogram(data), strict=True))
    return chart.as_csv({"scores from": edges[:-1], "to": edges[1:], **sides})
