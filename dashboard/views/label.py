"""Label: the image fills the page; answers are posted over HTTP, without a rerun of the page."""

import streamlit as st

from core.services.annotation import tasks
from dashboard import context, formatting
from dashboard.parts.label import labeller, task_form
from dashboard.url_state import LabelState
from db.vocabulary import TaskKind

wired = context.app_context()
state = LabelState.from_url()
all_tasks = tasks.list_tasks(wired.db)

if not all_tasks:
    st.title("Label")
    st.markdown(
        "No labelling tasks yet. A task asks one question about every image, series or study. The answer is a class, "
        "a set of findings or a number."
    )
    made = task_form.show(key="first_task")
    if made:
        st.switch_page("views/label.py", query_params=LabelState(task=made).query())
    st.stop()

with st.sidebar:
    chosen = labeller.choose(all_tasks, state)
chosen.to_url()
task = tasks.get(wired.db, chosen.task)
if not task.classes and task.kind is not TaskKind.NUMBER:
    st.warning(f"Task '{formatting.escape_markdown(task.name)}' has no classes yet; add them in the sidebar.")
elif not labeller.show(task, chosen.only):
    st.markdown(
        f"All cases of **{formatting.escape_markdown(task.name)}** are labelled."
        if chosen.only == "unlabelled"
        else "No cases match this filter."
    )
    labeller.offer_missing_cases(task, key="label_add_now")
    st.page_link(
        "views/datasets.py", label="Freeze a dataset", icon=":material/dataset:", query_params={"task": str(task.id)}
    )
