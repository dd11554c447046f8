"""Show the predictions for additional tasks, and the weight of each image of a case."""

from collections.abc import Sequence

import streamlit as st

from core.services.datasets import snapshots
from core.services.datasets.snapshots import SnapshotView
from core.services.predictions.predictions import PredictionView
from core.services.saliency.store import MapView
from core.services.training.runs import RunView
from dashboard import context, formatting
from db.vocabulary import TaskKind

SCROLLS, HEIGHT = 7, 270  # a table of more rows scrolls at this height in pixels


def other_tasks(run: RunView, row: PredictionView) -> None:
    """Draw one line for each additional task of the run."""
    extra = [snapshots.get_snapshot(context.app_context().db, snapshot_id) for snapshot_id in run.extra_snapshots]
    text = formatting.escape_markdown
    lines = [f"{text(one.task)}: **{text(_answer(one, row.more[one.task]))}**" for one in extra if one.task in row.more]
    if lines:
        st.markdown("Other tasks  \n" + "  \n".join(lines))


def _answer(snapshot: SnapshotView, values: Sequence[float]) -> str:
    """Format a prediction: a number with its unit, the most probable class, or the probability of each finding."""
    if snapshot.kind is TaskKind.NUMBER:
        return f"{values[0]:.3g} {snapshot.measure}".rstrip()
    if snapshot.kind is TaskKind.MULTI:
        return ", ".join(f"{title} {share:.0%}" for title, share in zip(snapshot.titles, values, strict=True))
    top = max(range(len(values)), key=values.__getitem__)
    return f"{snapshot.titles[top]} {values[top]:.0%}"


def image_weights(saliency_map: MapView) -> None:
    """Draw the weight of each image, if the model weights its images."""
    if saliency_map.image_weights:
        _weights_table(saliency_map)


def _weights_table(saliency_map: MapView) -> None:
    import pandas as pd

    rows = sorted(saliency_map.image_weights, key=lambda pair: -pair[1])
    st.markdown("**Weight of each image**")
    st.dataframe(
        pd.DataFrame({"image": [title for title, _ in rows], "weight": [100 * share for _, share in rows]}),
        hide_index=True,
        height=HEIGHT if len(rows) > SCROLLS else "auto",
        column_config={"weight": st.column_config.NumberColumn(format="%.0f %%")},
    )
