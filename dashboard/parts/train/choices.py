"""What a training is chosen from: snapshots, presets, finished runs, files of weights, the flips of a task."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.models import MODELS
from core.services.annotation import tasks
from core.services.datasets.snapshots import SnapshotView
from core.services.training import initial_weights, runs
from core.training.spec import hyperparameter
from dashboard import context
from dashboard.parts.train import spec_form
from dashboard.parts.train.preflight import of
from db.vocabulary import MirrorSymmetry

FLIPS = {
    MirrorSymmetry.NONE: 1,
    MirrorSymmetry.LEFT_RIGHT: 2,
    MirrorSymmetry.ANY: 3,
}  # how many of the knob's choices a task allows
FIRST = "quick look"


def snapshots(every: Sequence[SnapshotView], wanted: int) -> tuple[int, list[int]]:
    """The snapshot to learn, and those of further tasks that are learned at once."""
    names = {view.id: f"{view.name} ({view.task})" for view in every}
    chosen = st.selectbox(
        "Snapshot",
        list(names),
        list(names).index(wanted) if wanted in names else 0,
        format_func=names.__getitem__,
        key="train_snapshot",
    )
    own = next(view for view in every if view.id == chosen)
    others = [view.id for view in every if view.task_id != own.task_id]
    if not others:
        return chosen, []
    also = st.multiselect(
        "Learn along",
        others,
        format_func=names.__getitem__,
        key=f"train_also_{chosen}",
        placeholder="No other task",
        help="Further tasks on the same images, learned by the same "
        "network at once; this snapshot's split holds for all.",
    )
    return chosen, list(also)


def preset(names: Sequence[str]) -> None:
    """Setting one sets the whole form; what is changed afterwards stays changed."""
    if "train_preset" not in st.session_state:
        st.session_state["train_preset"] = FIRST
        spec_form.preset(FIRST)
    st.segmented_control(
        "Preset",
        list(names),
        required=True,
        key="train_preset",
        on_change=_set,
        format_func=lambda name: name[:1].upper() + name[1:],
    )


def _set() -> None:
    spec_form.preset(st.session_state["train_preset"])


def offered(snapshot_id: int) -> Mapping[str, Mapping[Any, str]]:
    """Choices that depend on this home and this task, by knob."""
    wired = context.app_context()
    finished = {
        run.id: f"Run {run.id}: {MODELS[run.spec.model].title if run.spec.model in MODELS else run.spec.model}, "
        f"{run.snapshot}"
        for run in runs.every(wired.db)
        if run.best_epoch is not None
    }
    files = {name: name for name in initial_weights.files(wired.settings)}
    allowed = hyperparameter("flips").choices[: FLIPS[tasks.named(wired.db, of(snapshot_id).task).flips]]
    return {
        "start_run": finished or {0: "No run is finished yet"},
        "start_file": files or {"": "No file in the folder weights"},
        "flips": {one: one[:1].upper() + one[1:] for one in allowed},
    }
