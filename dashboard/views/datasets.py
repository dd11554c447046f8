"""Datasets: the recipe on the left; counts, leakage check and Freeze on the right; the snapshots below."""

from dataclasses import replace

import streamlit as st

from core.services.annotation import tasks
from core.services.datasets import snapshots
from dashboard import context
from dashboard.parts.datasets import recipe_form
from dashboard.parts.datasets import snapshots as datasets_snapshots
from dashboard.parts.persons import overview as persons_overview
from dashboard.url_state import DatasetsState

wired = context.app_context()
state = DatasetsState.from_url()
all_tasks = tasks.list_tasks(wired.db)

st.title("Datasets")
if not all_tasks:
    st.markdown("No labelling tasks yet. A dataset is frozen from the labels of a task.")
    st.page_link("views/label.py", label="Create a labelling task", icon=":material/label:")
    st.stop()

persons_overview.link()
left, right = st.columns([1, 2], gap="large")
with left:
    state, recipe = recipe_form.show(all_tasks, state)
state.to_url()
with right:
    name = datasets_snapshots.plan(state.task, recipe)
    if name:
        made = datasets_snapshots.freeze(state.task, recipe, name)
        if made:
            st.switch_page("views/datasets.py", query_params=replace(state, snapshot=made).query())

datasets_snapshots.frozen(snapshots.list_snapshots(wired.db), state.snapshot)
