"""Hold the operating point that a reader tries between two runs of the page, until it is saved with the run."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.errors import UserError
from core.services.evaluation import operating_points
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.evaluation.review_metrics import threshold_by_rule
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView
from dashboard import context, reader
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState

BY_HAND = "threshold"
THRESHOLD, RULE, STORED, ERROR, SETTING = "point_moved", "point_ruled", "point_kept", "point_refused", "point_set"
BY_RULE = "point_by_rule"  # the point whose threshold a rule determined


def queue_threshold(threshold: float) -> None:
    """Queue the threshold of the slider for `apply_moves`."""
    st.session_state[THRESHOLD] = threshold
    for key in [key for key in st.session_state if str(key).startswith("rule_")]:
        st.session_state[key] = BY_HAND


def queue_rule(kind: str, at_least: float) -> None:
    """Queue a rule such as a sensitivity of at least 0.95 for `apply_moves`, which determines its threshold."""
    if kind != BY_HAND:
        st.session_state[RULE] = (kind, at_least)


def queue_setting(field: str, key: str) -> None:
    """Queue the value of a widget as a field of the state for `apply_settings`."""
    st.session_state[SETTING] = {field: st.session_state[key]}


def apply_moves(run: RunView, state: ReviewState) -> ReviewState:
    """Return the state after a move of the slider, a new rule, or a click on Save."""
    threshold, rule, stored = (st.session_state.pop(key, None) for key in (THRESHOLD, RULE, STORED))
    if state.split != CHOOSING_SPLIT:
        return state  # the split changed before the move arrived
    if threshold is not None:
        return replace(state, at=threshold)
    if rule is not None:
        return _by_rule(run, state, *rule)
    return replace(state, at=-1.0, level="", scale="") if stored else state


def apply_settings(run: RunView, state: ReviewState) -> ReviewState:
    """Return the state after a changed setting; a tried rule determines its threshold again for the new scores."""
    changes: dict[str, Any] = st.session_state.pop(SETTING, {})
    if "prevalence" in changes:
        percent = changes["prevalence"]
        changes["prevalence"] = -1.0 if percent is None else percent / 100
    point = st.session_state.get(BY_RULE)
    if {"level", "scale"} & set(changes) and point is not None and point.threshold == state.at:
        return _by_rule(run, replace(state, **changes), point.rule["kind"], point.rule["at_least"])
    return replace(state, **changes)


def with_its_rule(point: PointView) -> PointView:
    """Return a tried point with the rule that determined its threshold for the same scores."""
    by_rule = st.session_state.get(BY_RULE)
    return by_rule if by_rule is not None and replace(by_rule, rule=point.rule) == point else point


def store(data: ReviewData, kind_key: str) -> None:
    """Save the tried point; `kind_key` is the key of the widget that selects the rule."""
    if data.point is None:
        return
    point = with_its_rule(data.point)
    by_rule = "at_least" in point.rule and st.session_state.get(kind_key) != BY_HAND
    try:
        operating_points.set_operating_point(
            context.app_context().db,
            data.run.id,
            by=reader.reader(),
            finding=point.finding,
            positive=point.positive,
            threshold=None if by_rule else point.threshold,
            rule=point.rule if by_rule else None,
            level=point.level.value,
            patient_rule=point.patient_rule.value,
            calibrator=None if point.scale_name == "plain" else point.scale_name,
        )
        st.session_state[STORED] = True
    except UserError as error:
        st.session_state[ERROR] = str(error)


def pop_error() -> str:
    """Return and clear the error of the last rule or save; "" if there was none."""
    return str(st.session_state.pop(ERROR, ""))


def _by_rule(run: RunView, state: ReviewState, kind: str, at_least: float) -> ReviewState:
    try:
        scores = review_data(review_source(), run, state).scored
        threshold = threshold_by_rule(scores, kind, at_least) if scores is not None else state.at
    except UserError as error:
        st.session_state[ERROR] = str(error)
        return state
    state = replace(state, at=threshold)
    point = review_data(review_source(), run, state).point
    rule = {"kind": kind, "at_least": at_least}
    st.session_state[BY_RULE] = point and replace(point, threshold=threshold, rule=rule)
    return state
