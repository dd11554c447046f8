"""A run's predictions of a split: what keeps them from being the whole, and the job that makes them."""

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
    """What there is, over the figures of it; None where there is nothing: then the job that makes it, or the button."""
    found, job = coverage.coverage_of(context.app_context().db, run.id, split), _newest(run, split)
    if found.predicted:
        _told(run, found, job)
        return found
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"predict_{job.id}")
        return None
    if job is not None and job.error:
        controls(job, key=f"predict_{job.id}")
    st.markdown(f"Run {run.id} has not looked at the {SPLITS[split].lower()} split yet.")
    _offer(run, split, f"Predict the {SPLITS[split].lower()} split", first=True)
    return None


def over(run: RunView, split: str) -> None:
    """The same where there are figures of it, and nothing where there are none."""
    found = coverage.coverage_of(context.app_context().db, run.id, split)
    if found.predicted:
        _told(run, found, _newest(run, split))


def _told(run: RunView, found: Coverage, job: job_queue.JobView | None) -> None:
    """What keeps the figures below from being of the whole split and the run's weights, and the way out."""
    if found.words:
        st.warning(found.words, icon=":material/info:")
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"predict_{job.id}")
    elif found.words:
        if job is not None and job.error:
            controls(job, key=f"predict_{job.id}")
        split = f"{SPLITS[found.split].lower()} split"
        _offer(run, found.split, f"Predict the {split} again" if found.old else f"Predict the whole {split}")


def _offer(run: RunView, split: str, title: str, *, first: bool = False) -> None:
    """The button, where the run has a model here; `first`: it is the one thing to do next."""
    if run.best_epoch is None:
        st.caption("Its predictions were made elsewhere, so only a file of them can say more.")
        return
    if st.button(
        title, key=f"predict_{run.id}_{split}", type="primary" if first else "secondary", icon=":material/play_arrow:"
    ):
        wired = context.app_context()
        predictions.submit(
            wired.db, run_id=run.id, split=split, by=reader.reader(), key=secrets.token_hex(16), launcher=wired.launcher
        )
        st.rerun()


def _newest(run: RunView, split: str) -> job_queue.JobView | None:
    """The newest job that predicts the split, be it with all others."""
    every = (job for job in job_queue.jobs_of_run(context.app_context().db, run.id) if job.kind is JobKind.PREDICT)
    return next((job for job in every if job.request["split"] in (split, "all")), None)


def _progress(job: job_queue.JobView) -> tuple[float, str]:
    done, images = job.progress.get("done", 0), job.progress.get("images", 0)
    return done / images if images else 0.0, f"Predicting {done:,} of {images:,} images"
