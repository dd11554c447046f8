"""Show how complete and current a run's predictions of a split are, and the job that predicts it."""

import secrets

import streamlit as st

from core.jobs import job_queue
from core.services.predictions import coverage, predictions
from core.services.predictions.coverage import Coverage
from core.services.training.runs import RunView
from dashboard import context, reader
from dashboard.parts.review.run_picker import SPLITS
from dashboard.parts.widgets import job_poll
from dashboard.parts.widgets.job_controls import controls
from db.vocabulary import JobKind


def show(run: RunView, split: str) -> Coverage | None:
    """Return the coverage of the split above its metrics; None without predictions: then draw the job or the button."""
    status, job = coverage.coverage_of(context.app_context().db, run.id, split), _latest_job(run, split)
    if status.predicted:
        _show_gaps(run, status, job)
        return status
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"predict_{job.id}")
        return None
    if job is not None and job.error:
        controls(job, key=f"predict_{job.id}")
    st.markdown(f"No predictions for the {SPLITS[split].lower()} split yet.")
    _predict_button(run, split, f"Predict the {SPLITS[split].lower()} split", primary=True)
    return None


def show_gaps(run: RunView, split: str) -> None:
    """Draw what is missing from the predictions of a split; draw nothing if it has none."""
    status = coverage.coverage_of(context.app_context().db, run.id, split)
    if status.predicted:
        _show_gaps(run, status, _latest_job(run, split))


def _show_gaps(run: RunView, status: Coverage, job: job_queue.JobView | None) -> None:
    """Draw which predictions are missing or outdated, and the button that makes them."""
    if status.words:
        st.warning(status.words, icon=":material/info:")
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"predict_{job.id}")
    elif status.words:
        if job is not None and job.error:
            controls(job, key=f"predict_{job.id}")
        split = f"{SPLITS[status.split].lower()} split"
        _predict_button(run, status.split, f"Predict the {split} again" if status.old else f"Predict the whole {split}")


def _predict_button(run: RunView, split: str, title: str, *, primary: bool = False) -> None:
    """Draw the button that predicts the split, if the run has a model here; `primary` emphasises it."""
    if run.best_epoch is None:
        st.caption("The predictions are external. Import a file to add the missing ones.")
        return
    if st.button(
        title, key=f"predict_{run.id}_{split}", type="primary" if primary else "secondary", icon=":material/play_arrow:"
    ):
        app = context.app_context()
        predictions.submit(
            app.db, run_id=run.id, split=split, by=reader.reader(), key=secrets.token_hex(16), launcher=app.launcher
        )
        st.rerun()


def _latest_job(run: RunView, split: str) -> job_queue.JobView | None:
    """Return the newest job that predicts this split or all splits."""
    jobs = (job for job in job_queue.jobs_of_run(context.app_context().db, run.id) if job.kind is JobKind.PREDICT)
    return next((job for job in jobs if job.request["split"] in (split, "all")), None)


def _progress(job: job_queue.JobView) -> tuple[float, str]:
    done, images = job.progress.get("done", 0), job.progress.get("images", 0)
    return done / images if images else 0.0, f"Predicting {done:,} of {images:,} images"
