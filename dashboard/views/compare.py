"""Compare: two runs on the same cases, the differences of their metrics, and the cases fixed or broken."""

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

app = context.app_context()
predicted = [run for run in runs.list_runs(app.db) if run.predicted]

if len(predicted) < 2:
    st.title("Compare")
    st.markdown("Nothing to compare yet. A comparison needs two runs with predictions.")
    st.page_link("views/runs.py", label="Open Runs", icon=":material/show_chart:")
    st.stop()

state = run_picker.show(predicted, CompareState.from_url())
run = next(run for run in predicted if run.id == state.run)
state = run_picker.select_rule(run, run_picker.select_question(run, state))
state.to_url()
if state.run == state.other:
    st.info("Both selected runs are the same. Select two different runs.")
    st.stop()
for compared_run in predicted:
    if compared_run.id in (state.run, state.other):
        prediction_status.show_gaps(compared_run, state.split)
try:
    if run.kind is TaskKind.NUMBER:
        errors = comparison_data.compare_errors(review_source(), state)
        if not test_access.opens(state.split, {errors.first: 0, errors.second: 0}, decides=False):
            st.stop()
        regression.show(errors)
    else:
        comparison = comparison_data.compare_classes(review_source(), state)
        places = {point.run_id: point.finding for point in comparison.points}
        if not test_access.opens(state.split, places, chosen=comparison.chosen):
            st.stop()
        table.show(comparison)
except InvalidInput as error:
    st.info(str(error), icon=":material/info:")
    st.stop()
widgets_errors.auto_refresh(changed_cases.show, run, replace(state), every=None)
