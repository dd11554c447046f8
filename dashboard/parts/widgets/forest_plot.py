"""Draw subgroups as a forest plot that is also a table."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from dashboard.server import routes

LOADER = "export default async c => (await import(new URL(c.data.url, document.baseURI).href)).default(c)"
THIN = "Too few cases for a separate estimate"
CSS = """
.rf-root{font-family:var(--st-font);color:var(--st-text-color);font-size:14px;font-variant-numeric:tabular-nums}
.rf-rows{max-height:316px;overflow:auto}
.rf-head,.rf-row{all:unset;display:grid;align-items:center;gap:12px;box-sizing:border-box;width:100%;padding:0 8px;
min-width:760px;grid-template-columns:minmax(150px,2fr) 60px 64px minmax(130px,2fr) 150px 190px 84px}
.rf-head{position:sticky;top:0;z-index:1;font-size:13px;padding-bottom:4px;background:var(--st-background-color);
color:color-mix(in srgb,var(--st-text-color) 78%,var(--st-background-color))}
.rf-row{cursor:pointer;border-radius:5px;min-height:28px}
.rf-row:hover{background:var(--st-secondary-background-color)}
.rf-row:focus-visible,.rf-row[aria-pressed=true]{box-shadow:inset 0 0 0 2px var(--st-primary-color)}
.rf-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.rf-count,.rf-figure{text-align:right}
.rf-plot{width:100%;height:28px;display:block;overflow:visible}
.rf-plot line{vector-effect:non-scaling-stroke}
.rf-all{stroke:#7b8794;stroke-dasharray:3 3}.rf-span{stroke:#0072B2;stroke-width:2}
.rf-dot{stroke:#0072B2;stroke-width:9;stroke-linecap:square}
.rf-thin{opacity:.62}.rf-thin .rf-span,.rf-thin .rf-dot{stroke:#7b8794}
.rf-axis{position:relative;height:1.2em}.rf-axis i{position:absolute;font-style:normal}
"""
_forest = st.components.v2.component("rounds_forest", html='<div class="rf-root"></div>', css=CSS, js=LOADER)


@dataclass(frozen=True)
class ForestRow:
    """One subgroup: `figure`, `gap` and `p` are printed, `value`, `low` and `high` drawn (None: undefined).

    `count` is the second number, such as positives.
    """

    id: int
    name: str
    cases: int
    count: int
    value: float | None
    low: float | None
    high: float | None
    figure: str
    gap: str
    p: str
    thin: bool
    chosen: bool


def show(
    rows: Sequence[ForestRow],
    headings: Sequence[str],
    *,
    overall: float | None,
    key: str,
    opened: Callable[[int], None],
    amounts: bool = False,
) -> None:
    """Draw the rows in order; `opened` is called with the id of the clicked row, -1 when the open row is closed.

    Args:
        rows: The subgroups.
        headings: The headings of the columns.
        overall: The metric of all cases, drawn as a dashed line.
        key: The widget key.
        opened: The callback.
        amounts: Whether the values have a unit (the axis then contains 0) and are not rates up to 1.
    """
    bounds = [one for row in rows for one in (row.low, row.value, row.high) if one is not None and not row.thin]
    bounds += [one for one in (overall,) if one is not None]
    least, most = _with_zero(bounds) if amounts else (int(min([*bounds, 0.9]) * 10) / 10, 1.0)
    data = {
        "url": f"/api/viewer/{routes.version()}/widgets/forest_plot.js",
        "rows": [asdict(row) for row in rows],
        "overall": overall,
        "axis": [least, most],
        "headings": list(headings),
        "thin": THIN,
        "ticks": [{"at": at, "text": f"{least + at * (most - least):.2g}"} for at in (0.0, 0.5, 1.0)],
    }
    _forest(data=data, key=key, on_opened_change=lambda: opened(int(st.session_state[key]["opened"])))


def _with_zero(bounds: Sequence[float]) -> tuple[float, float]:
    least, most = min([*bounds, 0.0]), max([*bounds, 0.0])
    return (least, most) if most > least else (0.0, 1.0)
