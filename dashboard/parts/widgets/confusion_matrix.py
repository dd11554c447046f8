"""Draw the confusion matrix as a table of buttons."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.services.evaluation.case_call import OUTCOMES
from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
CSS = """
.rm-root{display:grid;grid-template-columns:minmax(70px,auto) repeat(var(--size),minmax(0,1fr));gap:4px;
font-family:var(--st-font);color:var(--st-text-color);font-variant-numeric:tabular-nums;max-width:560px}
.rm-corner,.rm-share,.rm-word{font-size:13px;opacity:.8}
.rm-top,.rm-side{font-size:14px;overflow:hidden;text-overflow:ellipsis;display:-webkit-box;-webkit-line-clamp:2;
-webkit-box-orient:vertical}
.rm-top{text-align:center;align-self:end}.rm-side{align-self:center;max-width:130px}
.rm-cell{all:unset;cursor:pointer;box-sizing:border-box;min-height:104px;border-radius:6px;display:flex;
flex-direction:column;align-items:center;justify-content:center;gap:2px;border:2px solid transparent;min-width:0;
background:color-mix(in srgb,#0072B2 calc(6% + var(--share)*.6),var(--st-background-color))}
.rm-cell:hover{border-color:var(--st-text-color)}
.rm-cell:focus-visible,.rm-cell[aria-pressed=true]{border-color:var(--st-primary-color);
outline:2px solid var(--st-primary-color)}
.rm-count{font-size:22px;font-weight:600}
.rm-many .rm-cell{min-height:46px}.rm-many .rm-count{font-size:15px}.rm-many .rm-share{display:none}
"""
_matrix = st.components.v2.component("rounds_matrix", html='<div class="rm-root"></div>', css=CSS, js=LOADER)


def show(
    counts: Sequence[Sequence[int]],
    titles: Sequence[str],
    *,
    chosen: tuple[int, int],
    at: float,
    unit: str,
    key: str,
    opened: Callable[[tuple[int, int]], None],
) -> None:
    """Draw the matrix; `opened` is called with the clicked cell, (-1, -1) when the open cell is closed.

    Args:
        counts: Numbers of cases by reference (row) and predicted (column) class.
        titles: The names of the classes.
        chosen: The open cell; negative for none.
        at: The threshold of the counts.
        unit: What is counted, in the plural.
        key: The widget key.
        opened: The callback.
    """
    data = {
        "url": f"/api/viewer/{routes.version()}/widgets/confusion_matrix.js",
        "counts": [list(map(int, line)) for line in counts],
        "titles": list(titles),
        "words": OUTCOMES if len(titles) == 2 else None,
        "at": at,
        "unit": unit,
        "chosen": list(chosen) if chosen[0] >= 0 else None,
    }

    def on_opened() -> None:
        cell = st.session_state[key]["opened"]
        opened((int(cell[0]), int(cell[1])))

    _matrix(data=data, key=key, on_opened_change=on_opened)
