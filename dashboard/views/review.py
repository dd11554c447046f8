"""Review: a run's figures with intervals, its curves and matrix; every cell opens its cases."""

from dataclasses import replace

import streamlit as st

from core.services import runs, tasks
from dashboard import wiring
from dashboard.parts import case_strip, figures, number_figures, run_choice
from dashboard.state import ReviewState
from db.vocabulary import TaskKind

wired = wiring.here()
every = [run for run in runs.every(wired.db) if run.best_epoch is not None]

st.title("Review")
if not every:
    st.markdown("There is nothing to review before a model has finished its first epoch.")
    st.page_link("views/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()

state = run_choice.show(every, ReviewState.from_url())
run = next(one for one in every if one.id == state.run)
if run_choice.predicted(run, state.split):
    if run.kind is TaskKind.NUMBER:
        rows = case_strip.ordered(run, state)
        number_figures.show(run.id, state.split, rows, tasks.get(wired.db, run.task_id).measure)
    else:
        state, finding = run_choice.finding(run, state)
        asked = run if finding is None else run.about(finding)
        report = figures.report(run.id, state.split, finding)
        figures.show(report)
        cell = figures.plots_of(report, asked)
        if cell:
            state = replace(state, truth=cell[0], called=cell[1])
    state.to_url()
    case_strip.show(run, state)
