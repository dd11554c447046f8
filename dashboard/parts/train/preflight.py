"""What a training will do, said before it starts; and the key that makes a double click one run."""

import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from core.models import MODELS
from core.services.training import resource_estimate
from core.services.training.preflight import Preflight, preflight, warnings
from core.services.training.resource_estimate import EstimateResult
from core.training.spec import TrainSpec
from dashboard import context, formatting
from dashboard.parts.widgets import job_poll
from db import Database

GIB = 1 << 30
# What it will do stays in sight while the knobs are set.
STYLE = """<style>
.st-key-train_figures{min-height:4.6rem}
[data-testid="stLayoutWrapper"]:has(>.st-key-train_side){position:sticky;top:3.5rem}
.st-key-train_side{max-height:calc(100vh - 4.5rem);overflow-y:auto}
</style>"""
BALANCES = {
    "none": "as they are",
    "weights": "by the dataset's weights",
    "oversample": "rare classes shown more often",
    "undersample": "common ones left out in part",
}


def show(snapshot_id: int, spec: TrainSpec) -> None:
    """The model, images, patients and steps."""
    found, model = of(snapshot_id), MODELS[spec.model]
    st.subheader("What it will do")
    st.markdown(f"**{model.title}**. {model.summary}")
    steps = found.steps(spec.batch_size)
    st.markdown(
        f"Learns from {formatting.cases(found.images['train'], found.unit)} of "
        f"{formatting.count(found.patients['train'], 'patient')}; after each epoch "
        f"{formatting.cases(found.images['val'], found.unit)} "
        f"of {formatting.count(found.patients['val'], 'other patient')} judge "
        f"it. {formatting.count(steps, 'step')} per epoch, {formatting.count(steps * spec.epochs, 'step')} in all."
    )


def figures(snapshot_id: int, spec: TrainSpec, also: Sequence[int]) -> None:
    """Time and memory."""
    poll_until_ready(_figures, resource_estimate.step_cost, snapshot_id, spec, tuple(also))


def show_warnings(snapshot_id: int, spec: TrainSpec) -> None:
    """What speaks against it, and how the classes count."""
    found = of(snapshot_id)
    for sentence in warnings(found, spec):
        st.warning(sentence, icon=":material/warning:")
    if found.classes:
        with st.expander("How the classes count", key="fold_classes", on_change="rerun") as fold:
            if fold.open:
                classes(found, spec)


def of(snapshot_id: int) -> Preflight:
    """A snapshot never changes, so it is counted once."""
    return _of(context.app_context().db, snapshot_id)


@lru_cache(maxsize=64)
def _of(db: Database, snapshot_id: int) -> Preflight:
    return preflight(db, snapshot_id)


def classes(found: Preflight, spec: TrainSpec) -> None:
    """Each class's images, patients, and the patients that count alike."""
    import pandas as pd

    rows = [
        {
            "class": title,
            "images": one.images["train"],
            "patients": one.patients["train"],
            "count like": f"{one.effective:.1f} patients",
        }
        for title, one in found.classes.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Training images. A patient with ten images says less than ten patients with one: so many patients with equal "
        "say would be worth as much. Weights and a balanced sampler make classes count alike; they add no patient."
    )
    balanced = spec.imbalance != "as frozen" and found.effective_balanced is not None
    worth = found.effective_balanced if balanced else found.effective
    how = spec.imbalance if balanced else BALANCES.get(found.balance, found.balance)
    st.caption(f"All classes together, {how}: worth {worth or 0:.0f} patients with equal say.")


def poll_until_ready(
    draw: Callable[[EstimateResult, TrainSpec], None], measure: Callable[..., EstimateResult], *request: Any
) -> None:
    """Draw what has been measured for a snapshot, a TrainSpec and more, again each second until it is complete."""
    wired, spec = context.app_context(), request[1]
    job_poll.poll_until(
        lambda measured: not measured.is_pending,
        lambda: measure(wired.db, wired.settings, *request),
        lambda measured: draw(measured, spec),
        every="1s",
    )


def _figures(found: EstimateResult, spec: TrainSpec) -> None:
    """Time and memory from a measured step; while it is measured, a line of the same height."""
    with st.container(key="train_figures"):
        if found.error:
            st.error(found.error, icon=":material/error:")
        elif found.figures is None:
            st.markdown("Measuring a step on this machine …")
        else:
            st.markdown(_told(found.figures, spec))


def _told(told: dict[str, Any], spec: TrainSpec) -> str:
    seconds = spec.epochs * (told["steps"] * told["step_s"] + told["looks"] * told["look_s"])
    preparing = told["all_pictures"] * told["read_s"]
    several = f"{told['pictures']} pictures of " if told["pictures"] > 1 else ""
    part = "" if told["cases"] >= spec.batch_size else f" on {told['cases']} images"
    return (
        f"About **{formatting.minutes(seconds + preparing)}** and **{_bytes(told['memory'])}** of memory on the "
        f"{_device(told['device'])}: {formatting.seconds(told['step_s'])} a step, measured{part}. Input {several}"
        f"{told['size']}×{told['size']} px; {told['weights'] / 1e6:.3g} million weights."
    )


def _bytes(count: float) -> str:
    return f"{count / GIB:.1f} GB" if count >= GIB / 10 else f"{count / (1 << 20):.0f} MB"


def _device(name: str) -> str:
    return "CPU" if name == "cpu" else f"graphics card {name.removeprefix('cuda').strip(' ()')}"


def form_key(*, asked: bool) -> str:
    """One key for each training that is asked for: the second click of a double click has that of the first."""
    if not asked and st.session_state.pop("train_sent", False):
        st.session_state.pop("train_key", None)
    key: str = st.session_state.setdefault("train_key", secrets.token_hex(16))
    if asked:
        st.session_state["train_sent"] = True
    return key
