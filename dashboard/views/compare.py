"""Compare: two runs on the same cases, how far apart they are, and which cases one set right or made wrong."""

from dataclasses import replace

import streamlit as st

from core.errors import InvalidInput
from core.services import comparison_data, runs
from dashboard import wiring
from dashboard.kept import review_source
from dashboard.parts import compare_choice, compare_lists, compare_numbers, compare_table, looks, mishap, predicted
from dashboard.state import CompareState
from db.vocabulary import TaskKind

wired = wiring.here()
every = [run for run in runs.every(wired.db) if run.predicted]

if len(every) < 2:
    st.title("Compare")
    st.markdown("Two runs with predictions are needed to compare them.")
    st.page_link("views/runs.py", label="See the runs", icon=":material/show_chart:")
    st.stop()

state = compare_choice.show(every, CompareState.from_url())
run = next(one for one in every if one.id == state.run)
state = compare_choice.question(run, state)
state.to_url()
if state.run == state.other:
    st.info("These are the same run; choose another one beside it.")
    st.stop()
for one in every:
    if one.id in (state.run, state.other):
        predicted.over(one, state.split)
try:
    if run.kind is TaskKind.NUMBER:
        errors = comparison_data.of_numbers(review_source(), state)
        looks.of_each(state.split, {errors.first: 0, errors.second: 0})
        compare_numbers.show(errors)
    else:
        told = comparison_data.of(review_source(), state)
        looks.of_each(state.split, {point.run_id: point.finding for point in told.points})
        compare_table.show(told)
except InvalidInput as error:
    st.info(str(error), icon=":material/info:")
    st.stop()
mishap.again(compare_lists.show, run, replace(state), every=None)
