"""The choices of a training: snapshots, presets, finished runs, weights files, the flips of a task."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.imaging.window_presets import CT_PRESETS, HOUNSFIELD
from core.models import MODELS
from core.services.annotation import tasks
from core.services.datasets.snapshots import SnapshotView
from core.services.training import initial_weights, runs
from core.training.spec import hyperparameter
from dashboard import context, url_history
from dashboard.parts.train import spec_form
from dashboard.parts.train.preflight import counts_of
from db.vocabulary import MirrorSymmetry

FLIPS = {
    MirrorSymmetry.NONE: 1,
    MirrorSymmetry.LEFT_RIGHT: 2,
    MirrorSymmetry.ANY: 3,
}  # how many choices of the hyperparameter `flips` a task allows
FIRST = "quick look"


def snapshots(views: Sequence[SnapshotView], default: int) -> tuple[int, list[int]]:
    """Draw the choice of snapshot and of additional tasks; return their ids."""
    names = {view.id: f"{view.name} ({view.task})" for view in views}
    url_history.follow("train_snapshot", default if default in names else next(iter(names)))
    chosen = st.selectbox(
        "Snapshot",
        list(names),
        format_func=names.__getitem__,
        key="train_snapshot",
    )
    snapshot = next(view for view in views if view.id == chosen)
    others = [view.id for view in views if view.task_id != snapshot.task_id]
    if not others:
        return chosen, []
    also = st.multiselect(
        "Additional tasks",
        others,
        format_func=names.__getitem__,
        key=f"train_also_{chosen}",
        placeholder="None",
        help="Other tasks on the same images, trained together in one network (multi-task learning). "
        "The split of this snapshot applies to all.",
    )
    return chosen, list(also)


def preset(names: Sequence[str]) -> None:
    """Draw the presets: choosing one fills the whole form, later changes stay."""
    if "train_preset" not in st.session_state:
        st.session_state["train_preset"] = FIRST
        spec_form.preset(FIRST)
    st.segmented_control(
        "Preset",
        list(names),
        required=True,
        key="train_preset",
        on_change=_apply_preset,
        format_func=lambda name: name[:1].upper() + name[1:],
    )


def _apply_preset() -> None:
    spec_form.preset(st.session_state["train_preset"])


def offered(snapshot_id: int) -> Mapping[str, Mapping[Any, str]]:
    """Return the choices that depend on this home and this task, by hyperparameter, with their titles."""
    wired = context.app_context()
    finished = {
        run.id: f"Run {run.id}: {MODELS[run.spec.model].title if run.spec.model in MODELS else run.spec.model}, "
        f"{run.snapshot}"
        for run in runs.list_runs(wired.db)
        if run.best_epoch is not None
    }
    files = {name: name for name in initial_weights.files(wired.settings)}
    allowed = hyperparameter("flips").choices[: FLIPS[tasks.task_named(wired.db, counts_of(snapshot_id).task).flips]]
    return {
        "start_run": finished or {0: "No finished runs"},
        "start_file": files or {"": "No files in the folder 'weights'"},
        "flips": {name: name[:1].upper() + name[1:] for name in allowed},
        "windowing": {name: name[:1].upper() + name[1:] for name in _windowings(snapshot_id)},
    }


def _windowings(snapshot_id: int) -> list[str]:
    """Return the windowings that fit the images: presets of CT only where values are in HU."""
    is_ct = any(values.unit == HOUNSFIELD for values in counts_of(snapshot_id).values)
    return [name for name in hyperparameter("windowing").choices if is_ct or name not in CT_PRESETS]
