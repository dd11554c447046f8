"""Which run on which split; and its predictions, made where they are missing."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.services import jobs, predicting
from core.services.runs import RunView
from dashboard import who, wiring
from dashboard.parts import mishap
from dashboard.parts.jobs import controls, look_again
from dashboard.state import ReviewState
from db.vocabulary import JobKind, TaskKind

SPLITS = {"test": "Test", "val": "Validation", "train": "Train"}


def show(every: Sequence[RunView], state: ReviewState) -> ReviewState:
    """The choice, in one line."""
    ids = [run.id for run in every]
    names = {run.id: f"Run {run.id}: {run.model} on {run.snapshot}" for run in every}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        run = st.selectbox("Run", ids, ids.index(state.run) if state.run in ids else 0,
                           format_func=names.__getitem__, key="review_run")  # fmt: skip
    with right:
        split = st.segmented_control("Split", list(SPLITS), default=state.split if state.split in SPLITS else "test",
                                     format_func=SPLITS.__getitem__, required=True, key="review_split")  # fmt: skip
    if (run, split) != (state.run, state.split):
        return ReviewState(run=run, split=split or "test")
    return replace(state, run=run, split=split or "test")


def finding(run: RunView, state: ReviewState) -> tuple[ReviewState, int | None]:
    """Which of several findings is looked at; None where a case has one answer."""
    if run.kind is not TaskKind.MULTI:
        return state, None
    places = range(len(run.titles))
    chosen = st.segmented_control("Finding", places, default=min(state.finding, len(places) - 1), required=True,
                                  format_func=run.titles.__getitem__, key=f"review_finding_{run.id}")  # fmt: skip
    if chosen == state.finding:
        return state, chosen
    return replace(state, finding=chosen, truth=-1, called=-1), chosen


def predicted(run: RunView, split: str) -> bool:
    """Whether the split has predictions; where not, the job that makes them, or the button for it."""
    db = wiring.here().db
    mine = [job for job in jobs.of_run(db, run.id) if job.kind is JobKind.PREDICT and job.request["split"] == split]
    if mine and not mine[0].state.is_finished:
        mishap.again(_going, mine[0].id, every="1s")
        return False
    if predicting.every(db, run.id, split=split):
        return True
    if mine and mine[0].error:
        controls(mine[0], key=f"predict_{mine[0].id}")
    st.markdown(f"Run {run.id} has not looked at the {SPLITS[split].lower()} split yet.")
    if st.button(f"Predict the {SPLITS[split].lower()} split", type="primary", icon=":material/play_arrow:"):
        predicting.submit(db, run_id=run.id, split=split, by=who.reader(), key=secrets.token_hex(16),
                          launcher=wiring.here().launcher)  # fmt: skip
        st.rerun()
    return False


def _going(job_id: int) -> None:
    job = look_again(job_id)
    if job.state.is_finished:
        st.rerun()
    done, images = job.progress.get("done", 0), job.progress.get("images", 0)
    st.progress(done / images if images else 0.0, text=f"Predicting {done:,} of {images:,} images")
    controls(job, key=f"predict_{job_id}")
