"""Say why the case of a link is not in the list of the link, and open it alone or the list."""

from dataclasses import replace

import streamlit as st

from core.services.annotation import case_history
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.review import case_list
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState, ReviewState


def show(run: RunView, state: CaseState) -> None:
    """Draw the sentence and the links."""
    data = review_data(review_source(), run, state)
    listed = case_list.describe_selection(data, state)
    st.title("Case")
    if state.case:
        text = f"Case {state.case} is not in this list{f': {listed}' if listed else ''}. {_reason(data, state.case)}."
        st.warning(formatting.escape_markdown(f"{text} {_relabelled(state.case)}"), icon=":material/link_off:")
    else:
        st.markdown(formatting.escape_markdown(f"No cases match this selection: {listed}."))
    with st.container(horizontal=True):
        if state.case in data.cases:
            alone = replace(state.without_mark(), change="")
            st.page_link("views/case.py", label="Show it alone", icon=":material/image:", query_params=alone.query())
        st.page_link(
            "views/review.py",
            label="Show the list",
            icon=":material/list:",
            query_params=ReviewState.like(state).query(),
        )


def _reason(data: ReviewData, case: int) -> str:
    """Return what the run says of the case at the operating point, or why the question does not count it."""
    places = (data.cases == case).nonzero()[0]
    if not len(places):
        patient = "Another case of its patient stands for the patient"
        return patient if data.unit == "patient" else "It has no known label for this question"
    if not data.titles:
        return "Its prediction or its reference value is another one"
    reference, predicted = (data.titles[labels[places[0]]] for labels in (data.truth, data.predicted))
    return f"Its reference label is {reference}, and run {data.run.id} predicts {predicted}"


def _relabelled(case: int) -> str:
    """Return who relabelled the case last; "" if nobody did."""
    verdicts = case_history.verdicts(context.app_context().db, case)
    last = next((entry for entry in reversed(verdicts) if entry.relabelled), None)
    return f"It was relabelled by {last.reader} {formatting.format_age(last.at)}." if last else ""
