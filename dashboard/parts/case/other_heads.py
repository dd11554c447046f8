"""Beside a case: what the model says of further tasks, and what each of several pictures counted."""

from collections.abc import Sequence

import streamlit as st

from core.services.datasets import snapshots
from core.services.datasets.snapshots import SnapshotView
from core.services.predictions.predictions import PredictionView
from core.services.saliency.store import MapView
from core.services.training.runs import RunView
from dashboard import context
from db.vocabulary import TaskKind

SCROLLS, HEIGHT = 7, 270  # more lines than these scroll, in so many pixels


def further(run: RunView, row: PredictionView) -> None:
    """One line for each task that was learned along."""
    asked = [snapshots.get_snapshot(context.app_context().db, one) for one in run.extra_snapshots]
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


def counted(found: MapView) -> None:
    """A table of what each picture counted, where the model weighs them."""
    if found.counted:
        _table(found)


def _table(found: MapView) -> None:
    import pandas as pd

    rows = sorted(found.counted, key=lambda one: -one[1])
    st.markdown("**What each picture counted**")
    st.dataframe(
        pd.DataFrame({"picture": [title for title, _ in rows], "counted": [100 * share for _, share in rows]}),
        hide_index=True,
        height=HEIGHT if len(rows) > SCROLLS else "auto",
        column_config={"counted": st.column_config.NumberColumn(format="%.0f %%")},
    )
