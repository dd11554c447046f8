"""Several findings together: each at its own operating point, their plain mean, and all their answers pooled."""

import html
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.evaluation.figure import Figure
from core.evaluation.many import Together, together
from core.services import operating
from dashboard import asked, look, wiring
from dashboard.asked import Asked
from dashboard.kept import kept
from dashboard.parts import chart, looks, section_overview

KEYS = ("auroc", "average_precision", "sensitivity", "specificity", "ppv", "f1")


def show(found: Asked) -> None:
    """A line for each finding, the mean (macro) and the pool (micro)."""
    told = _together(found)
    if looks.count(found.run.id, found.state.split, _known(found)):
        st.rerun()  # what stands over the section tells how often test was looked at
    lines: dict[str, Mapping[str, Figure]] = {
        **told.each,
        "mean of the findings (macro)": told.macro,
        "all answers pooled (micro)": told.micro,
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**All findings**", width="stretch")
        chart.csv_button(
            partial(as_csv, lines), name=f"findings-run-{found.run.id}-{found.state.split}", key="findings"
        )
    heads = "".join(f"<th>{section_overview.TITLES[key]} (95 %)</th>" for key in KEYS)
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td>"
        + "".join(f'<td title="{html.escape(one[key].note)}">{look.figure(one[key])}</td>' for key in KEYS)
        + "</tr>"
        for name, one in lines.items()
    )
    st.html(f'<table class="rd-figures"><thead><tr><th>finding</th>{heads}</tr></thead><tbody>{rows}</tbody></table>')
    left = [title for title in found.run.titles if title not in told.each]
    by = section_overview.intervals(one[key] for one in lines.values() for key in KEYS)
    st.caption(
        f"Each finding is called at the operating point that stands for it, on the cases where it is known. {by}"
        + (f" Nothing is known here of {look.plain(', '.join(left))}." if left else "")
    )


def as_csv(lines: Mapping[str, Mapping[str, Figure]], *, of: str = "finding") -> bytes:
    """Every figure of every line with all digits; `of` is what a line is of."""
    flat = [(name, key, one) for name, figures in lines.items() for key, one in figures.items()]
    columns: dict[str, list[Any]] = {of: [name for name, _, _ in flat], "figure": [key for _, key, _ in flat]}
    columns |= {part: [getattr(one, part) for _, _, one in flat] for part in Figure.__slots__}
    return chart.as_csv(columns)


def _known(found: Asked) -> list[int]:
    """The findings of which something is known here."""
    truths = asked.columns(found.run.id, found.state.split).truths
    return [at for at in range(len(found.run.classes)) if not np.isnan(truths[:, at]).all()]


def _together(found: Asked) -> Together:
    run, split = found.run, found.state.split
    points = [operating.standing(wiring.here().db, run.id, at) for at in _known(found)]
    return kept(
        (*asked.stamped(run.id, split), "together", repr(points)),
        lambda: together(
            [asked.question(run, split, point) for point in points], [point.threshold for point in points]
        ),
    )
