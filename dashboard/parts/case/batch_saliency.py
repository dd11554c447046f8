"""The maps of a whole split, made ahead by a job, so that each of its cases opens with its own."""

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
    """How far the job is; else the button that starts it for what is asked of this case, and what was made last."""
    asked = _asked(run, state)
    if asked is None:
        return
    db = context.app_context().db
    job, found = registry.latest_job(db, run.id, WHAT), registry.newest(db, run.id, WHAT)
    if job is not None and not job.state.is_finished:
        job_poll.progress(job.id, _progress, key=f"case_all_{job.id}")
        return
    if job is not None and job.error:
        controls(job, key=f"case_all_{job.id}")
    if found is not None and not found.stale and all(found.asked.get(name) == asked[name] for name in asked):
        st.caption(f"Such maps of the whole split were made {formatting.format_age(found.created_at)}.")
    elif st.button(
        "Make them for every case",
        key="case_all",
        type="tertiary",
        icon=":material/dynamic_feed:",
        help="A job computes these maps for the whole split.",
    ):
        _start(run, asked)


def _asked(run: RunView, state: CaseState) -> dict[str, Any] | None:
    """Of the first method that was chosen; None where none is."""
    methods = saliency_controls.methods_of(run, state)
    if not methods:
        return None
    one = saliency_controls.question(run, None, run, methods[0], state)
    return {
        "split": state.split,
        "method": one.method,
        "class": -1 if one.shown is None else one.shown,
        "layer": one.layer,
    }


def _start(run: RunView, asked: dict[str, Any]) -> None:
    wired = context.app_context()
    with errors.show_errors():
        registry.submit(
            wired.db,
            wired.launcher,
            run_id=run.id,
            what=WHAT,
            asked=asked,
            by=reader.reader(),
            key=secrets.token_hex(16),
        )
        st.rerun()


def _progress(job: JobView) -> tuple[float, str]:
    done, whole = job.progress.get("done", 0), job.progress.get("of", 0)
    words = f"Making maps: {done:,} of {whole:,}" if whole else "The maps wait for their turn"
    return done / whole if whole else 0.0, words
