"""One run: state, curves from rows, log; drawn again every two seconds while it goes on."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.services.predictions import external
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.widgets import job_poll, training_curves
from dashboard.parts.widgets.job_controls import controls, look_again

VALIDATION = {
    "Validation": {"val_auroc": "AUROC", "val_accuracy": "accuracy", "val_r2": "R²"},
    "Validation error": {"val_mae": "mean absolute error"},
}


def show(run_id: int) -> None:
    """The run as it stands."""
    run = runs.get(context.app_context().db, run_id)
    st.subheader(f"Run {run.id}: {run.model} on {run.snapshot}")
    job_poll.poll_until(_is_finished, partial(_load, run), _body, every="2s")
    if run.external_source is None:
        with st.expander("What was asked"):
            st.json(run.spec.to_json(), expanded=True)


def _load(run: RunView) -> RunView:
    """Return the run as it stands, its job looked after while it was not finished."""
    if run.job is not None and not run.job.state.is_finished:
        look_again(run.job.id)
    return runs.get(context.app_context().db, run.id)


def _is_finished(run: RunView) -> bool:
    return run.job is None or run.job.state.is_finished


def _body(run: RunView) -> None:
    wired, run_id = context.app_context(), run.id
    if run.job is not None:
        controls(run.job, key=f"run_{run_id}")
        _progress(run)
    if run.external_source is not None:
        st.caption(
            f"{external.describe_source(run.external_source)} They were imported: there is no training "
            "and there are no maps."
        )
    found = runs.curves(wired.db, run_id)
    if found:
        with st.container(key="plots"):
            left, right = st.columns(2, gap="large")
        with left:
            training_curves.curves(
                found, names={"train_loss": "train", "val_loss": "validation"}, title="Loss", key=f"loss_{run_id}"
            )
        with right:
            for title, kinds in VALIDATION.items():
                names = {name: _named(name, kinds) for name in found if name.split(" ")[0] in kinds}
                if names:
                    training_curves.curves(found, names=names, title=title, key=f"{title}_{run_id}")
    with st.container(horizontal=True):
        if run.reviewable:
            st.page_link(
                "views/review.py",
                label="Review this run",
                icon=":material/rate_review:",
                query_params={"run": str(run_id)},
            )
        if run.predicted:
            st.page_link(
                "views/compare.py",
                label="Compare with another run",
                icon=":material/compare_arrows:",
                query_params={"run": str(run_id)},
            )
    if run.external_source is None:
        _log(run_id)


def _named(name: str, kinds: Mapping[str, str]) -> str:
    """AUROC, or of a further task "age: AUROC"."""
    kind, _, task = name.partition(" ")
    return f"{task}: {kinds[kind]}" if task else kinds[kind]


def _progress(run: RunView) -> None:
    job = run.job
    if job is None:
        return
    told, result = job.progress, run.result
    if job.state == "succeeded" and result:
        st.caption(
            f"{result['epochs']} epochs on {result['device']}, best epoch {result['best_epoch']}; "
            f"{result['images_per_second']:,.0f} images per second, "
            f"{result['data_wait_share']:.1%} of the time waiting for data."
        )
    elif job.state == "queued":
        st.caption("Waiting for a free device.")
    elif "step" in told:
        epochs = told["epochs"]
        share = (told["epoch"] - 1 + told["step"] / max(1, told["steps"])) / epochs
        st.progress(
            min(1.0, share),
            text=f"Epoch {told['epoch']} of {epochs}, step {told['step']} of {told['steps']}, loss {told['loss']:.4f}",
        )
    elif "verified" in told:
        st.progress(
            told["verified"] / told["originals"], text=f"Verifying {formatting.count(told['originals'], 'original')}"
        )
    elif not job.state.is_finished:
        st.caption("Starting.")


def _log(run_id: int) -> None:
    if st.toggle("Log", value=True, key=f"run_log_{run_id}"):
        text = runs.log(context.app_context().settings, run_id)
        st.code(text[-6000:] or "Nothing was said yet.", language=None, height=220)
