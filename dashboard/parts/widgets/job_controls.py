"""A job while it goes on: progress, cancel, resume; looks again every second until it has ended."""

import streamlit as st

from core.jobs import job_queue, retry
from dashboard import context, theme


def controls(job: job_queue.JobView, *, key: str) -> None:
    """State, the reason where there is one, and the button that fits."""
    wired = context.app_context()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(theme.badge(job.state))
        if not job.state.is_finished:
            said = "Stopping …" if job.cancel_requested else "Cancel"
            if st.button(said, key=f"{key}_cancel", disabled=job.cancel_requested, icon=":material/stop_circle:"):
                job_queue.cancel(wired.db, job.id)
                st.rerun()
        elif job.state.is_resumable and st.button("Resume", key=f"{key}_resume", icon=":material/play_circle:"):
            job_queue.requeue(wired.db, job.id)
            wired.launcher.wake()
            st.rerun()
    waiting = retry.wait_reason(wired.settings, job.id) if job.state == "running" else None
    if waiting:
        st.warning(waiting, icon=":material/hourglass_top:")
    if job.error:
        st.warning(job.error, icon=":material/info:")


def look_again(job_id: int) -> job_queue.JobView:
    """The job now, with the dead noticed and a dispatcher woken for those that wait."""
    wired = context.app_context()
    job_queue.reap_and_wake(wired.db, wired.launcher)
    return job_queue.get(wired.db, job_id)
