"""People: who may be the same person, who was joined and why, and which patient IDs are doubtful."""

import streamlit as st

from core.services.persons import decisions
from dashboard import context, formatting
from dashboard.parts.persons import joins, overview, questions

view = overview.read()
decided = decisions.list_decisions(context.app_context().db)
by_rule = [join for join in view.joins if not join.by_reader]

st.title("People")
if not view.patients:
    st.markdown("No images yet.")
    st.page_link("views/import.py", label="Import images", icon=":material/upload:")
    st.stop()
st.markdown(
    f"{formatting.count(view.patients, 'patient')}, {formatting.count(view.persons, 'person', 'persons')}. A person is "
    "in one split only, also with several patient IDs. Frozen datasets stay as they are."
)
if view.questions:
    questions.show(view.questions)
if view.doubtful:
    questions.show_doubtful(view.doubtful)
if decided:
    joins.show_decisions(decided)
if by_rule:
    joins.show_joins(by_rule)
if not (view.questions or view.doubtful or decided or by_rule):
    st.success("No question is open, and no two patients were joined.", icon=":material/verified:")
st.page_link("views/datasets.py", label="Datasets", icon=":material/dataset:")
