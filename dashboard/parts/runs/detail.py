"""One run: state, training curves, log; drawn again every two seconds while it is running."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.services.predictions import external
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.runs import older_reading
from dashboard.parts.widgets import job_poll, training_curves
from dashboard.parts.widgets.job_controls import controls, look_again

VALIDATION = {
    "Validation": {"val_auroc": "AUROC", "val_accuracy": "accuracy", "val_r2": "R²"},
    "Validation error": {"val_mae": "mean absolute error"},
}


def show(run_id: int) -> None:
    """Draw the run, its links and its training settings."""
    run = runs.get(context.app_context().db, run_id)
    st.subheader(f"Run {run.id}: {formatting.escape_markdown(f'{run.model} on {run.snapshot}')}")
    older_reading.show(run)
    job_poll.poll_until(_is_finished, partial(_load, run), _body, every="2s")
    if run.external_source is None:
        with st.expander("Training settings"):
            st.json(run.spec.to_json(), expanded=True)


def _load(run: RunView) -> RunView:
    """Return the current state of the run; check its job while it is not finished."""
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
        source = formatting.escape_markdown(external.describe_source(run.external_source))
        st.caption(f"{source} Imported predictions have no training curves and no saliency maps.")
    curves = runs.curves(wired.db, run_id)
    if curves:
        with st.container(key="plots"):
            left, right = st.columns(2, gap="large")
        with left:
            training_curves.curves(
                curves, names={"train_loss": "train", "val_loss": "validation"}, title="Loss", key=f"loss_{run_id}"
            )
        with right:
            for title, kinds in VALIDATION.items():
                names = {name: _title(name, kinds) for name in curves if name.split(" ")[0] in kinds}
                if names:
                    key, of_errors = f"{title}_{run_id}", title == "Validation error"
                    training_curves.curves(curves, names=names, title=title, key=key, up_to_1=not of_errors)
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


def _title(name: str, kinds: Mapping[str, str]) -> str:
    """Return the title of a metric: `AUROC`, or `age: AUROC` for an additional task."""
    kind, _, task = name.partition(" ")
    return f"{task}: {kinds[kind]}" if task else kinds[kind]


def _progress(run: RunView) -> None:
    job = run.job
    if job is None:
        return
    progress, result = job.progress, run.result
    if job.state == "succeeded" and result:
        st.caption(
            f"{formatting.count(result['epochs'], 'epoch')} on {result['device'].upper()}"
            f"{', best epoch {}'.format(result['best_epoch']) * bool(result['best_epoch'])}; "
            f"{result['images_per_second']:,.0f} images per second, "
            f"{result['data_wait_share']:.1%} of the time waiting for data."
        )
    elif job.state == "queued":
        st.caption("Waiting for a free device …")
    elif "step" in progress:
        epochs = progress["epochs"]
        share = (progress["epoch"] - 1 + progress["step"] / max(1, progress["steps"])) / epochs
        st.progress(
            min(1.0, share),
            text=f"Epoch {progress['epoch']} of {epochs}, step {progress['step']} of {progress['steps']}, "
            f"loss {progress['loss']:.4f}",
        )
    elif "verified" in progress:
        st.progress(
            progress["verified"] / progress["originals"],
            text=f"Verifying {formatting.count(progress['originals'], 'original')}",
        )
    elif not job.state.is_finished:
        st.caption("Starting …")


def _log(run_id: int) -> None:
    if st.toggle("Log", value=True, key=f"run_log_{run_id}"):
        text = runs.log(context.app_context().settings, run_id)
        st.code(text[-6000:] or "The log is empty.", language=None, height=220)
