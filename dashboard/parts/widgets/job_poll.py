"""Redraw a part of a page by itself until a job, or whatever it waits for, is done; then rerun the page."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.jobs.job_queue import JobView
from dashboard.parts.widgets import errors
from dashboard.parts.widgets.job_controls import controls, look_again

T = TypeVar("T")


def poll_until(done: Callable[[T], bool], load: Callable[[], T], draw: Callable[[T], None], *, every: str) -> None:
    """Draw what `load` returns, again `every` so often while it is not done; once it is, rerun the page."""
    loaded = [load()]
    polls = not done(loaded[0])

    def redraw() -> None:
        state = loaded.pop() if loaded else load()
        if polls and done(state):
            st.rerun()
        draw(state)

    errors.auto_refresh(redraw, every=every if polls else None)


def progress(job_id: int, text: Callable[[JobView], tuple[float | None, str]], *, key: str) -> None:
    """Draw the progress bar of a running job (its share done, 0 to 1, and the text on it) and its controls.

    A share of None is no bar yet: nothing is known of how much there is to do. Once the job has ended, rerun the page.
    """

    def draw(job: JobView) -> None:
        if job.state.is_finished:  # since the page saw it running: nothing polls any more
            st.rerun()
        share, line = text(job)
        if share is None:
            st.markdown(line)
        else:
            st.progress(min(1.0, share), text=line)
        controls(job, key=key)

    poll_until(lambda job: job.state.is_finished, lambda: look_again(job_id), draw, every="1s")
