"""Show the result of a run's analysis, the progress of its job, or the button that starts it."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.jobs.job_queue import JobView
from core.services.analysis import registry
from core.services.analysis.registry import NOTHING, AnalysisView
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.parts.widgets import errors, job_poll
from dashboard.parts.widgets.job_controls import controls

OUTDATED = "The model weights have changed since this analysis. Run it again."


def show(run: RunView, kind: str, *, empty: str, button: str) -> AnalysisView | None:
    """Return the newest analysis of the run's current weights; without one, draw its progress or the start button.

    Draws nothing for a run of external predictions, which has no model to analyse.

    Args:
        run: The run.
        kind: The key of the analysis in `registry.ANALYSES`.
        empty: The caption while there is no result.
        button: The label of the start button.
    """
    if run.external_source is not None:
        return None
    analysis = registry.newest(context.app_context().db, run.id, kind)
    if show_progress(run, kind):
        return analysis if analysis and not analysis.stale else None
    if analysis is not None and not analysis.stale:
        return analysis
    show_start(run, kind, empty=OUTDATED if analysis else empty, button=button)
    return None


def show_progress(run: RunView, kind: str) -> bool:
    """Draw the progress of the newest job and return True; return False if it has finished or there is none."""
    job = registry.latest_job(context.app_context().db, run.id, kind)
    if job is None or job.state.is_finished:
        return False
    title = registry.ANALYSES[kind].title
    job_poll.progress(job.id, partial(_progress, title), key=f"trust_{kind}_{run.id}_{job.id}")
    return True


def show_start(run: RunView, kind: str, *, empty: str, button: str, request: Mapping[str, Any] = NOTHING) -> None:
    """Draw a caption and the button that starts the analysis; above them, the error of the newest job."""
    job = registry.latest_job(context.app_context().db, run.id, kind)
    if job is not None and job.error:
        controls(job, key=f"trust_{kind}_{job.id}")
    st.caption(empty)
    if st.button(button, key=f"trust_{kind}_{run.id}", icon=":material/play_arrow:"):
        start(run, kind, request)
        st.rerun()


def start(run: RunView, kind: str, request: Mapping[str, Any] = NOTHING) -> None:
    """Queue the analysis; show the error if it cannot be queued."""
    app = context.app_context()
    with errors.show_errors():
        registry.submit(
            app.db,
            app.launcher,
            run_id=run.id,
            what=kind,
            by=reader.reader(),
            parameters=request,
            key=secrets.token_hex(16),
        )


def show_rerun(analysis: AnalysisView, run: RunView) -> None:
    """Draw the age of the analysis and a button that runs it again."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.caption(f"Analysis from {formatting.format_age(analysis.created_at)}.")
    with right:
        if st.button(
            "Run again", key=f"trust_again_{analysis.what}_{run.id}", type="tertiary", icon=":material/refresh:"
        ):
            start(run, analysis.what, analysis.parameters)
            st.rerun()


def _progress(title: str, job: JobView) -> tuple[float, str]:
    counts = job.progress
    share = counts.get("done", 0) / counts["of"] if counts.get("of") else 0.0
    return share, f"{title}: {counts.get('doing', 'waiting to start')}"
