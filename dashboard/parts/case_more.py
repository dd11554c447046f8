"""Beside a case: what the model says of further tasks, and what each of several pictures counted."""

from collections.abc import Sequence

import streamlit as st

from core.models import MODELS
from core.services import explaining, snapshotting
from core.services.map_files import MapView
from core.services.predicting import PredictionView
from core.services.runs import RunView
from core.services.snapshotting import SnapshotView
from dashboard import wiring
from dashboard.parts import mishap
from db.vocabulary import TaskKind

SCROLLS, HEIGHT = 7, 270  # more lines than these scroll, in so many pixels


def further(run: RunView, row: PredictionView) -> None:
    """One line for each task that was learned along."""
    asked = [snapshotting.get(wiring.here().db, one) for one in run.also]
    told = [f"{one.task}: **{_said(one, row.more[one.task])}**" for one in asked if one.task in row.more]
    if told:
        st.markdown("Learned along, the model says  \n" + "  \n".join(told))


def _said(asked: SnapshotView, numbers: Sequence[float]) -> str:
    """A number with its unit, the most probable class, or every finding's probability."""
    if asked.kind is TaskKind.NUMBER:
        return f"{numbers[0]:.3g} {asked.measure}".rstrip()
    if asked.kind is TaskKind.MULTI:
        return ", ".join(f"{title} {share:.0%}" for title, share in zip(asked.titles, numbers, strict=True))
    at = max(range(len(numbers)), key=numbers.__getitem__)
    return f"{asked.titles[at]} {numbers[at]:.0%}"


def counted(run: RunView, row: PredictionView, method: str) -> None:
    """A table, once the map is there: it is computed for the viewer, and knows what each picture counted."""
    if not method or MODELS[run.spec.model].takes == "image":
        return
    wired = wiring.here()

    def drawn() -> None:
        found = explaining.filed(wired.db, wired.settings, run_id=run.id, image_id=row.image_id, method=method)
        if waits and found is not None:
            st.rerun()
        if found is not None and found.counted:
            _table(found)

    waits = explaining.filed(wired.db, wired.settings, run_id=run.id, image_id=row.image_id, method=method) is None
    mishap.again(drawn, every="2s" if waits else None)


def _table(found: MapView) -> None:
    import pandas as pd

    rows = sorted(found.counted, key=lambda one: -one[1])
    st.markdown("**What each picture counted**")
    st.dataframe(
        pd.DataFrame({"picture": [title for title, _ in rows], "counted": [100 * share for _, share in rows]}),
        hide_index=True, height=HEIGHT if len(rows) > SCROLLS else "auto",
        column_config={"counted": st.column_config.NumberColumn(format="%.0f %%")},
    )  # fmt: skip
