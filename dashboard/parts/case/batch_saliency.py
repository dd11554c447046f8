"""Compute the maps of a whole split in a job, so that each of its cases opens with its map."""

import secrets
from typing import Any

import streamlit as st

from core.jobs.job_queue import JobView
from core.services.analysis import registry
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.parts.case import saliency_controls
from dashboard.parts.widgets import errors, job_poll
from dashboard.parts.widgets.job_controls import controls
from dashboard.url_state import CaseState

WHAT = "maps"


def show(run: RunView, state: CaseState) -> None:
    """Draw the progress of the job, else the age of its result, or the button that starts it with these settings."""
    request = _request(run, state)
    if request is None:
        return
    db = context.app_context().db
    job, analysis = registry.latest_job(db, run.id, WHAT), registry.newest(db, run.id, WHAT)
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"case_all_{job.id}")
        return
    if job is not None and job.error:
        controls(job, key=f"case_all_{job.id}")
    if (
        analysis is not None
        and not analysis.stale
        and all(analysis.parameters.get(name) == request[name] for name in request)
    ):
        st.caption(
            f"Maps of the whole split with these settings: computed {formatting.format_age(analysis.created_at)}."
        )
    elif st.button(
        "Precompute for all cases",
        key="case_all",
        type="tertiary",
        icon=":material/dynamic_feed:",
        help="Computes maps with these settings for the whole split, in the background.",
    ):
        _start(run, request)


def _request(run: RunView, state: CaseState) -> dict[str, Any] | None:
    """Return the request of the first selected method; None if no method is selected."""
    methods = saliency_controls.methods_of(run, state)
    if not methods:
        return None
    saliency_request = saliency_controls.saliency_request(run, None, run, methods[0], state)
    return {
        "split": state.split,
        "method": saliency_request.method,
        "class": -1 if saliency_request.class_index is None else saliency_request.class_index,
        "layer": saliency_request.layer,
    }


def _start(run: RunView, request: dict[str, Any]) -> None:
    app = context.app_context()
    with errors.show_errors():
        registry.submit(
            app.db,
            app.launcher,
            run_id=run.id,
            what=WHAT,
            parameters=request,
            by=reader.reader(),
            key=secrets.token_hex(16),
        )
        st.rerun()


def _progress(job: JobView) -> tuple[float, str]:
    done, whole = job.progress.get("done", 0), job.progress.get("of", 0)
    text = f"Computing maps: {done:,} of {whole:,}" if whole else "Maps are queued"
    return done / whole if whole else 0.0, text
