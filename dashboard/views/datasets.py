"""Datasets: a recipe on the left; counts, certificate and Freeze on the right; below, what was frozen."""

import streamlit as st

from core.services import snapshotting, tasks
from dashboard import who, wiring
from dashboard.parts import recipe_form, snapshot_table
from dashboard.state import DatasetsState

wired = wiring.here()
state = DatasetsState.from_url()
every = tasks.every(wired.db)

st.title("Datasets")
if not every:
    st.markdown("A dataset is frozen from the labels of a task, and there is no task yet.")
    st.page_link("views/label.py", label="Make a labelling task", icon=":material/label:")
    st.stop()

left, right = st.columns([1, 2], gap="large")
with left:
    task_id, recipe = recipe_form.show(every, state.task)
with right:
    plan = snapshotting.plan(wired.db, task_id, recipe)
    snapshot_table.counts(plan.summary, plan.classes, plan.titles)
    snapshot_table.certificate(plan)
    name = st.text_input("Name of the snapshot", placeholder="round 1", key="snapshot_name")
    if st.button("Freeze", type="primary", icon=":material/ac_unit:", disabled=not name.strip()):
        made = snapshotting.freeze(wired.db, task_id, recipe, name=name, by=who.reader())
        st.switch_page("views/datasets.py", query_params=DatasetsState(task=task_id, snapshot=made.id).query())

snapshot_table.frozen(snapshotting.every(wired.db), state.snapshot)
