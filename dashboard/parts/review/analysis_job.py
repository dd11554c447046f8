"""What an examination of a run found; where there is nothing yet, a sentence and the one button that starts it."""

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

OLD = "The run has other weights since; what was found is of the old ones."


def show(run: RunView, what: str, *, empty: str, button: str) -> AnalysisView | None:
    """The newest that holds for the run's weights; while its job goes on, its progress; None where there is none.

    Nothing at all of a run that was made elsewhere: it has no model to examine.
    """
    if run.external_source is not None:
        return None
    found = registry.newest(context.app_context().db, run.id, what)
    if show_progress(run, what):
        return found if found and not found.stale else None
    if found is not None and not found.stale:
        return found
    show_start(run, what, empty=OLD if found else empty, button=button)
    return None


def show_progress(run: RunView, what: str) -> bool:
    """Whether its newest job goes on; then its progress stands here."""
    job = registry.latest_job(context.app_context().db, run.id, what)
    if job is None or job.state.is_finished:
        return False
    title = registry.ANALYSES[what].title
    job_poll.progress(job.id, partial(_progress, title), key=f"trust_{what}_{run.id}_{job.id}")
    return True


def show_start(run: RunView, what: str, *, empty: str, button: str, asked: Mapping[str, Any] = NOTHING) -> None:
    """A sentence and the button that starts it with what is asked; over them how the newest job failed."""
    job = registry.latest_job(context.app_context().db, run.id, what)
    if job is not None and job.error:
        controls(job, key=f"trust_{what}_{job.id}")
    st.caption(empty)
    if st.button(button, key=f"trust_{what}_{run.id}", icon=":material/play_arrow:"):
        start(run, what, asked)
        st.rerun()


def start(run: RunView, what: str, asked: Mapping[str, Any] = NOTHING) -> None:
    """Queue it; what cannot be is a sentence."""
    wired = context.app_context()
    with errors.show_errors():
        registry.submit(
            wired.db,
            wired.launcher,
            run_id=run.id,
            what=what,
            by=reader.reader(),
            asked=asked,
            key=secrets.token_hex(16),
        )


def show_rerun(found: AnalysisView, run: RunView) -> None:
    """When it was made, and a quiet button to make it once more."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.caption(f"Made {formatting.format_age(found.created_at)}.")
    with right:
        if st.button(
            "Make again", key=f"trust_again_{found.what}_{run.id}", type="tertiary", icon=":material/refresh:"
        ):
            start(run, found.what, found.asked)
            st.rerun()


def _progress(title: str, job: JobView) -> tuple[float, str]:
    counts = job.progress
    share = counts.get("done", 0) / counts["of"] if counts.get("of") else 0.0
    return share, f"{title}: {counts.get('doing', 'waiting for its turn')}"
