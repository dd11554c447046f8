"""The table of runs; gives the one that is looked at."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.services.training.runs import RunView
from dashboard import formatting


def show(every: Sequence[RunView], chosen: int) -> int:
    """One line per run, newest first; a click opens it, and the one in the URL is open from the start."""
    import pandas as pd

    table = pd.DataFrame([_line(run) for run in every])
    state = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="runs_table",
        height=min(38 + 35 * len(every), 250),
    )
    rows = state["selection"]["rows"]
    if rows:
        return every[rows[0]].id
    return chosen if any(run.id == chosen for run in every) else every[0].id


def _line(run: RunView) -> dict[str, object]:
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


def _best(found: Mapping[str, float]) -> str:
    """The figure that says most of the best epoch: AUROC where a class or finding is asked for, else the error."""
    if "val_auroc" in found:
        return f"AUROC {found['val_auroc']:.3f}"
    return f"mean error {found['val_mae']:.3g}" if "val_mae" in found else "–"
