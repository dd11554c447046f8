"""Show what the run predicts for a case: the call at the operating point, and its score among those of all cases."""

import streamlit as st

from core.services.evaluation.case_call import CaseCall, call_of_case
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from dashboard import formatting
from dashboard.parts.review import operating_point_text, test_access, threshold_slider
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState

RIGHT = ("true positive", "true negative", "correct")


def show(run: RunView, row: PredictionView, state: CaseState) -> CaseCall | None:
    """Draw the call of the case, as the list and the confusion matrix count it; None if they do not count the case."""
    data = review_data(review_source(), run, state)
    call = call_of_case(data, row.case_id)
    if call is None:
        return None
    sentence, _, outcome = call.words.rpartition(": ")
    colour = "green" if call.outcome in RIGHT else "red"
    st.markdown(f"**{formatting.escape_markdown(sentence)}** :{colour}-badge[{outcome}]")
    if call.threshold is not None:
        _show_place(data, call, state)
    return call


def _show_place(data: ReviewData, call: CaseCall, state: CaseState) -> None:
    """Draw the score among those of all cases, once the reader has opened the results of the split; name the point."""
    mark = ""
    if test_access.is_open(data.run, state):
        row = int(data.titles.index(call.reference))
        threshold_slider.place(data, at=call.score, row=row, key="case_place")
        mark = " Dot: this case. Line: threshold."
    point = operating_point_text.point_in_use(data)
    st.caption(f"{formatting.escape_markdown(f'{call.score_name}. {point}')}{mark}")
