"""The run's operating point, which moves everything below it: tried and kept on validation, locked elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from core.errors import UserError
from core.services.evaluation import operating_points, review_point
from core.services.evaluation.review_data import ReviewData, review_data
from core.services.evaluation.review_metrics import threshold_by_rule
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.coverage import Coverage
from core.services.predictions.operating_point_view import PointView
from core.services.training.runs import RunView
from dashboard import context, formatting, reader
from dashboard.parts.review import test_access, threshold_slider
from dashboard.parts.widgets import chart
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState
from db.vocabulary import TaskKind

BINS = 60
USUAL_SHARE = 0.95
BY_HAND, SENSITIVITY, SPECIFICITY = "threshold", "sensitivity", "specificity"
RULES = {BY_HAND: "Threshold by hand", SENSITIVITY: "Sensitivity at least", SPECIFICITY: "Specificity at least"}
MOVED, RULED, KEPT, REFUSED = "point_moved", "point_ruled", "point_kept", "point_refused"
BY_RULE = "point_by_rule"  # the point that a rule found


def taken(run: RunView, state: ReviewState) -> ReviewState:
    """The state after the bar was moved or a rule was asked for, and after what was tried is kept."""
    moved, ruled, kept = (st.session_state.pop(key, None) for key in (MOVED, RULED, KEPT))
    if state.split != CHOOSING_SPLIT:
        return state  # the bar was moved, and the split changed before that arrived
    if moved is not None:
        return replace(state, at=moved)
    if ruled is not None:
        return _by_rule(run, state, *ruled)
    if kept:
        return replace(state, at=-1.0, level="", scale="")
    return state


def show(found: ReviewData, state: ReviewState, there: Coverage) -> None:
    """The bar, how the point was found, and what can be done about it here; `there` is what is predicted."""
    if found.scored is None or found.point is None:
        return
    key = f"{found.run.id}_{state.split}_{state.finding}_{state.positive}"
    free = state.split == CHOOSING_SPLIT
    with st.container(key="point"):
        left, right = st.columns([1.5, 1], gap="medium", vertical_alignment="top")
    with left:
        threshold_slider.show(
            histogram(found), found.titles, at=found.threshold, locked=not free, key="point_bar", moved=_move
        )
    with right, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if free:
            _rule(found, key)
        _settings(found, state, key, free=free)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(sentence(found, state, there), width="stretch")
        chart.csv_button(lambda: histogram_csv(found), name=f"scores-run-{found.run.id}-{state.split}", key="point")
    if refused := st.session_state.pop(REFUSED, ""):
        st.warning(refused, icon=":material/info:")


def histogram(found: ReviewData) -> tuple[Sequence[int], Sequence[int]]:
    """Rows by even bins of the score from 0 to 1: those that are not, and those that are."""
    places = np.clip((found.score * BINS).astype(int), 0, BINS - 1)
    flat = np.bincount(found.truth * BINS + places, minlength=2 * BINS).reshape(2, BINS)
    return flat[0].tolist(), flat[1].tolist()


def histogram_csv(found: ReviewData) -> bytes:
    """The bins under the slider; a bin ends before the next one begins, the last one holds its end."""
    edges = [at / BINS for at in range(BINS + 1)]
    sides = dict(zip((f"{found.unit}s {title}" for title in found.titles), histogram(found), strict=True))
    return chart.as_csv({"scores from": edges[:-1], "to": edges[1:], **sides})


def sentence(found: ReviewData, state: ReviewState, there: Coverage) -> str:
    """Which point stands, who chose it, when and on what, and whether it can be moved here."""
    stands = found.stands
    if stands is None:
        return ""
    before = f" Test was looked at {test_access.times(stands.looks_before)} before." if stands.looks_before else ""
    told = f"Operating point {describe_point(stands)}.{_chosen(found.run, stands, there)}{before}"
    if state.split == CHOOSING_SPLIT:
        return f"Tried: {_told_tried(found, stands)}, not kept yet. {told}" if found.tried else told
    locked = "It is locked here: choose it on the validation split."
    return f"{told} {locked} {test_access.test_view_sentence(state.split, found.run.id)}".strip()


def _chosen(run: RunView, stands: PointView, there: Coverage) -> str:
    """Who chose it and when, by hand or on validation, and whether the weights are others since."""
    if stands.id is None:
        return ""
    who_chose = f"{formatting.escape_markdown(stands.reader)}, {formatting.format_age(stands.created_at)}"
    if operating_points.by_hand(context.app_context().db, run, stands):
        return f" Set by hand by {who_chose}: nothing was predicted on validation."
    old = " It was chosen on older weights; choose it again on validation." * there.outdates(stands.chosen_on)
    return f" Chosen on validation by {who_chose}.{old}"


def _told_tried(found: ReviewData, stands: PointView) -> str:
    point = _as_found(found.point or stands)
    lost = "at_least" in stands.rule and "at_least" not in point.rule and not 0 <= found.state.at <= 1
    why = f"; no threshold of these scores has that {stands.rule['kind']}" if lost else ""
    return describe_point(point) + why


def _as_found(point: PointView) -> PointView:
    """A point that is tried, with the rule that found its threshold for these very scores."""
    by_rule = st.session_state.get(BY_RULE)
    return by_rule if by_rule is not None and replace(by_rule, rule=point.rule) == point else point


def describe_point(point: PointView) -> str:
    """A point in words, with the calibration of its scores."""
    scale = point.scale_name
    return point.words + (f", of scores calibrated by {review_point.SCALES[scale].lower()}" if scale != "plain" else "")


def counted(run: RunView, state: ReviewState) -> None:
    """A look at the test split is counted, once per reader and point."""
    test_access.count(run.id, state.split, [state.finding if run.kind is TaskKind.MULTI else 0])


def _rule(found: ReviewData, key: str) -> None:
    """How the threshold is found, and the button that keeps it."""
    kind_key, share_key = f"rule_{key}", f"share_{key}"

    def ask() -> None:
        kind = st.session_state[kind_key]
        if kind != BY_HAND:
            st.session_state[RULED] = (kind, st.session_state.get(share_key, 100 * USUAL_SHARE) / 100)

    asked_for = found.point.rule if found.point else {}
    known = list(RULES)
    at = known.index(asked_for["kind"]) if asked_for.get("kind") in RULES else 0
    kind = st.selectbox(
        "Operating point",
        known,
        at,
        format_func=RULES.__getitem__,
        key=kind_key,
        on_change=ask,
        width=185,
        label_visibility="collapsed",
    )
    if kind != BY_HAND:
        share = 100 * float(asked_for.get("at_least", USUAL_SHARE))
        st.number_input(
            "percent",
            1.0,
            100.0,
            share,
            1.0,
            key=share_key,
            on_change=ask,
            width=95,
            format="%g",
            label_visibility="collapsed",
            help="Percent",
        )
    st.button(
        "Keep",
        key=f"keep_{key}",
        type="primary",
        disabled=not found.tried,
        on_click=_keep,
        args=(found, kind_key),
        help="Store it with the run: test and every other page then use it.",
    )


def _settings(found: ReviewData, state: ReviewState, key: str, *, free: bool) -> None:
    """What is called, by which scores, and at which prevalence PPV and NPV are told."""
    point = found.point
    if point is None:
        return
    with st.popover("Settings", icon=":material/tune:"):
        for field, words, now, title in (
            ("level", review_point.LEVELS, point.level_name, "Called is"),
            ("scale", review_point.SCALES, point.scale_name, "Scores"),
        ):
            names = list(words)
            st.selectbox(
                title,
                names,
                names.index(now),
                format_func=words.__getitem__,
                key=f"{field}_{key}",
                disabled=not free,
                on_change=queue_setting,
                args=(field, f"{field}_{key}"),
                help=None if free else "Locked here: choose it on the validation split.",
            )
        typed = None if state.prevalence < 0 else state.prevalence * 100
        st.number_input(
            "Prevalence for PPV and NPV (%)",
            0.01,
            99.99,
            typed,
            key=f"prevalence_{key}",
            placeholder="as in this split",
            format="%g",
            on_change=queue_setting,
            args=("prevalence", f"prevalence_{key}"),
        )


def settled(run: RunView, state: ReviewState) -> ReviewState:
    """The state after a setting was changed; a rule that is tried looks for its threshold anew among other scores."""
    changed: dict[str, Any] = st.session_state.pop("point_set", {})
    if "prevalence" in changed:
        typed = changed["prevalence"]
        changed["prevalence"] = -1.0 if typed is None else typed / 100
    by_rule = st.session_state.get(BY_RULE)
    if {"level", "scale"} & set(changed) and by_rule is not None and by_rule.threshold == state.at:
        return _by_rule(run, replace(state, **changed), by_rule.rule["kind"], by_rule.rule["at_least"])
    return replace(state, **changed)


def queue_setting(field: str, key: str) -> None:
    """A field of the state was chosen by the widget of that key: `settled` takes it."""
    st.session_state["point_set"] = {field: st.session_state[key]}


def _move(at: float) -> None:
    st.session_state[MOVED] = at
    for key in [one for one in st.session_state if str(one).startswith("rule_")]:
        st.session_state[key] = BY_HAND


def _by_rule(run: RunView, state: ReviewState, kind: str, share: float) -> ReviewState:
    try:
        one = review_data(review_source(), run, state).scored
        at = threshold_by_rule(one, kind, share) if one is not None else state.at
    except UserError as error:
        st.session_state[REFUSED] = str(error)
        return state
    state = replace(state, at=at)
    point = review_data(review_source(), run, state).point
    st.session_state[BY_RULE] = point and replace(point, threshold=at, rule={"kind": kind, "at_least": share})
    return state


def _keep(found: ReviewData, kind_key: str) -> None:
    if found.point is None:
        return
    point = _as_found(found.point)
    by_rule = "at_least" in point.rule and st.session_state.get(kind_key) != BY_HAND
    scale = point.scale_name
    try:
        operating_points.set_operating_point(
            context.app_context().db,
            found.run.id,
            by=reader.reader(),
            finding=point.finding,
            positive=point.positive,
            threshold=None if by_rule else point.threshold,
            rule=point.rule if by_rule else None,
            level=point.level.value,
            patient_rule=point.patient_rule.value,
            calibrator=None if scale == "plain" else scale,
        )
        st.session_state[KEPT] = True
    except UserError as error:
        st.session_state[REFUSED] = str(error)
