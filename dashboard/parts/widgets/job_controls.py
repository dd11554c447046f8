"""Draw the state of a job with its buttons to cancel and resume."""

import streamlit as st

from core.jobs import job_queue, retry
from dashboard import context, theme


def controls(job: job_queue.JobView, *, key: str) -> None:
    """Draw the state of a job, the reason for it, and the button that applies."""
    app = context.app_context()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(theme.badge(job.state))
        if not job.state.is_finished:
            label = "Stopping …" if job.cancel_requested else "Cancel"
            if st.button(label, key=f"{key}_cancel", disabled=job.cancel_requested, icon=":material/stop_circle:"):
                job_queue.cancel(app.db, job.id)
                st.rerun()
        elif job.state.is_resumable and st.button("Resume", key=f"{key}_resume", icon=":material/play_circle:"):
            job_queue.requeue(app.db, job.id)
            app.launcher.wake()
            st.rerun()
    waiting = retry.wait_reason(app.settings, job.id) if job.state == "running" else None
    if waiting:
        st.warning(waiting, icon=":material/hourglass_top:")
    if job.error:
        st.warning(job.error, icon=":material/info:")


def look_again(job_id: int) -> job_queue.JobView:
    """Return the current job, after marking stopped jobs and waking the dispatcher for queued ones."""
    app = context.app_context()
    job_queue.reap_and_wake(app.db, app.launcher)
    return job_queue.get(app.db, job_id)
