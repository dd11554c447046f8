"""Label: the image is the page; answers go by HTTP and wait for no rerun."""

import streamlit as st

from core.services.annotation import tasks
from dashboard import context
from dashboard.parts.label import labeller, task_form
from dashboard.url_state import LabelState
from db.vocabulary import TaskKind

wired = context.app_context()
state = LabelState.from_url()
every = tasks.every(wired.db)

if not every:
    st.title("Label")
    st.markdown(
        "A task is a question with ordered answers, findings or a number, asked about every image, series or "
        "study. None has been asked yet."
    )
    made = task_form.show(key="first_task")
    if made:
        st.switch_page("views/label.py", query_params=LabelState(task=made).query())
    st.stop()

with st.sidebar:
    chosen = labeller.choose(every, state)
chosen.to_url()
task = tasks.get(wired.db, chosen.task)
if not task.classes and task.kind is not TaskKind.NUMBER:
    st.warning(f"Task '{task.name}' has no classes yet; add them in the sidebar.")
elif not labeller.show(task, chosen.only):
    st.markdown(f"Every case of **{task.name}** has an answer." if chosen.only == "unlabelled" else "No such case.")
    st.page_link(
        "views/datasets.py", label="Freeze a dataset", icon=":material/dataset:", query_params={"task": str(task.id)}
    )
