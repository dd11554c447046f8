"""Compare: two runs on the same cases, how far apart they are, and which cases one set right or made wrong."""

from dataclasses import replace

import streamlit as st

from core.errors import InvalidInput
from core.services.evaluation import comparison_data
from core.services.training import runs
from dashboard import context
from dashboard.parts.compare import changed_cases, regression, run_picker, table
from dashboard.parts.review import prediction_status, test_access
from dashboard.parts.widgets import errors as widgets_errors
from dashboard.result_cache import review_source
from dashboard.url_state import CompareState
from db.vocabulary import TaskKind

wired = context.app_context()
every = [run for run in runs.every(wired.db) if run.predicted]

if len(every) < 2:
    st.title("Compare")
    st.markdown("Two runs with predictions are needed to compare them.")
    st.page_link("views/runs.py", label="See the runs", icon=":material/show_chart:")
    st.stop()

state = run_picker.show(every, CompareState.from_url())
run = next(one for one in every if one.id == state.run)
state = run_picker.question(run, state)
state.to_url()
if state.run == state.other:
    st.info("These are the same run; choose another one beside it.")
    st.stop()
for one in every:
    if one.id in (state.run, state.other):
        prediction_status.over(one, state.split)
try:
    if run.kind is TaskKind.NUMBER:
        errors = comparison_data.of_numbers(review_source(), state)
        test_access.of_each(state.split, {errors.first: 0, errors.second: 0})
        regression.show(errors)
    else:
        told = comparison_data.of(review_source(), state)
        test_access.of_each(state.split, {point.run_id: point.finding for point in told.points})
        table.show(told)
except InvalidInput as error:
    st.info(str(error), icon=":material/info:")
    st.stop()
widgets_errors.auto_refresh(changed_cases.show, run, replace(state), every=None)
