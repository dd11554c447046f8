"""The table of runs, and which of them is open."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.services.training.runs import RunView
from dashboard import formatting
from dashboard.url_state import RunState


def show(views: Sequence[RunView], chosen: int) -> int:
    """Draw one row per run, newest first; a click opens its run. Return the run of the URL, else the newest."""
    import pandas as pd

    table = pd.DataFrame([_row(run) for run in views])
    st.dataframe(
        table,
        hide_index=True,
        on_select=lambda: _open(views),
        selection_mode="single-row",
        key="runs_table",
        height=min(38 + 35 * len(views), 250),
    )
    return chosen if any(run.id == chosen for run in views) else views[0].id


def _open(views: Sequence[RunView]) -> None:
    rows = st.session_state["runs_table"]["selection"]["rows"]
    if rows:
        RunState(run=views[rows[0]].id).to_url()


def _row(run: RunView) -> dict[str, object]:
    return {
        "run": run.id,
        "task": run.task,
        "snapshot": run.snapshot,
        "model": run.model,
        "validation": _best(run.best),
        "best epoch": run.best_epoch,
        "state": run.state,
        "started": formatting.format_age(run.created_at),
    }


def _best(metrics: Mapping[str, float]) -> str:
    """Format the main validation metric of the best epoch: AUROC, or the mean absolute error of a number."""
    if "val_auroc" in metrics:
        return f"AUROC {metrics['val_auroc']:.3f}"
    return f"MAE {metrics['val_mae']:.3g}" if "val_mae" in metrics else "–"
