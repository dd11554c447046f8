"""The summary of a training before it starts, and the key that makes a double click start one run."""

import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
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
# The summary stays in sight while the hyperparameters are set.
STYLE = """<style>
.st-key-train_figures{min-height:4.6rem}
[data-testid="stLayoutWrapper"]:has(>.st-key-train_side){position:sticky;top:3.5rem}
.st-key-train_side{max-height:calc(100vh - 4.5rem);overflow-y:auto}
</style>"""
BALANCES = {
    "none": "unweighted",
    "weights": "with the weights of the dataset",
    "oversample": "rare classes oversampled",
    "undersample": "common classes undersampled",
}


def show(snapshot_id: int, spec: TrainSpec) -> None:
    """Draw the model and the numbers of images, patients and steps."""
    counts, model = counts_of(snapshot_id), MODELS[spec.model]
    st.subheader("Training summary")
    st.markdown(f"**{model.title}**. {model.summary}")
    steps = counts.steps(spec.batch_size)
    st.markdown(
        f"Trained on {formatting.cases(counts.images['train'], counts.unit)} of "
        f"{formatting.count(counts.patients['train'], 'patient')}. Validated after each epoch on "
        f"{formatting.cases(counts.images['val'], counts.unit)} of "
        f"{formatting.count(counts.patients['val'], 'other patient')}. "
        f"{formatting.count(steps, 'step')} per epoch, {formatting.count(steps * spec.epochs, 'step')} in total."
    )


def figures(snapshot_id: int, spec: TrainSpec, also: Sequence[int]) -> None:
    """Draw the estimate of time and memory once it is measured."""
    poll_until_ready(_figures, resource_estimate.step_cost, snapshot_id, spec, tuple(also))


def show_warnings(snapshot_id: int, spec: TrainSpec) -> None:
    """Draw the warnings, and the class balance."""
    counts = counts_of(snapshot_id)
    for sentence in warnings(counts, spec):
        st.warning(formatting.escape_markdown(sentence), icon=":material/warning:")
    if counts.classes:
        with st.expander("Class balance", key="fold_classes", on_change="rerun") as fold:
            if fold.open:
                show_class_balance(counts, spec)


def counts_of(snapshot_id: int) -> Preflight:
    """Return the counts of a snapshot; it never changes, so it is counted once."""
    return _counts_of(context.app_context().db, snapshot_id)


@lru_cache(maxsize=64)
def _counts_of(db: Database, snapshot_id: int) -> Preflight:
    return preflight(db, snapshot_id)


def show_class_balance(counts: Preflight, spec: TrainSpec) -> None:
    """Draw the images, the patients and the effective sample size of each class."""
    import pandas as pd

    rows = [
        {
            "class": title,
            "images": of_class.images["train"],
            "patients": of_class.patients["train"],
            "effective sample size": f"{of_class.effective:.1f} patients",
        }
        for title, of_class in counts.classes.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Training split. Ten images of one patient carry less information than one image each of ten patients; the "
        "effective sample size is the number of equally weighted patients with the same information. Class weights and "
        "a balanced sampler make the classes count equally; they add no patients."
    )
    balanced = spec.imbalance != "as frozen" and counts.effective_balanced is not None
    effective = counts.effective_balanced if balanced else counts.effective
    weighting = spec.imbalance if balanced else BALANCES.get(counts.balance, counts.balance)
    st.caption(f"All classes, {weighting}: effective sample size {effective or 0:.0f} patients.")


def poll_until_ready(
    draw: Callable[[EstimateResult, TrainSpec], None], measure: Callable[..., EstimateResult], *request: Any
) -> None:
    """Draw the measurement of a snapshot and a TrainSpec, again each second until it is complete.

    It is started by the second look: while somebody still fills in the form, nothing is measured.
    """
    wired, spec, looks = context.app_context(), request[1], count()
    job_poll.poll_until(
        lambda measured: not measured.is_pending,
        lambda: measure(wired.db, wired.settings, *request, start=next(looks) > 0),
        lambda measured: draw(measured, spec),
        every="1s",
    )


def _figures(estimate: EstimateResult, spec: TrainSpec) -> None:
    """Draw time and memory from a measured step; while it is measured, a line of the same height."""
    with st.container(key="train_figures"):
        if estimate.error:
            st.error(estimate.error, icon=":material/error:")
        elif estimate.figures is None:
            st.markdown("Measuring the time of a training step …")
        else:
            st.markdown(_describe(estimate.figures, spec))


def _describe(cost: dict[str, Any], spec: TrainSpec) -> str:
    seconds = spec.epochs * (cost["steps"] * cost["step_s"] + cost["looks"] * cost["look_s"])
    preparing = cost["all_pictures"] * cost["read_s"]
    several = f"{cost['pictures']} images of " if cost["pictures"] > 1 else ""
    part = "" if cost["cases"] >= spec.batch_size else f" on {cost['cases']} images"
    return (
        f"About **{formatting.minutes(seconds + preparing)}** and **{_bytes(cost['memory'])}** of memory on the "
        f"{_device(cost['device'])}. Measured{part}: {formatting.seconds(cost['step_s'])} per step. Input {several}"
        f"{cost['size']}×{cost['size']} px; {cost['weights'] / 1e6:.3g} million parameters."
    )


def _bytes(count: float) -> str:
    return f"{count / GIB:.1f} GB" if count >= GIB / 10 else f"{count / (1 << 20):.0f} MB"


def _device(name: str) -> str:
    return "CPU" if name == "cpu" else f"GPU {name.removeprefix('cuda').strip(' ()')}"


def form_key(*, submitted: bool) -> str:
    """Return the key of this submission: the second click of a double click has the key of the first."""
    if not submitted and st.session_state.pop("train_sent", False):
        st.session_state.pop("train_key", None)
    key: str = st.session_state.setdefault("train_key", secrets.token_hex(16))
    if submitted:
        st.session_state["train_sent"] = True
    return key
