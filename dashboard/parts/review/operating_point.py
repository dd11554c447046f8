"""Draw the operating point of a run: tried and saved on validation, locked on the other splits."""

import streamlit as st

from core.services.evaluation import review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.coverage import Coverage
from dashboard.parts.review import operating_point_state, operating_point_text, threshold_slider
from dashboard.parts.review.operating_point_state import BY_HAND
from dashboard.parts.widgets import chart
from dashboard.url_state import ReviewState

USUAL_SHARE = 0.95
RULES = {BY_HAND: "Manual threshold", "sensitivity": "Sensitivity at least", "specificity": "Specificity at least"}


def show(data: ReviewData, state: ReviewState, coverage: Coverage) -> None:
    """Draw the slider, the rule, the settings and the sentence about the point; `coverage` is that of the split."""
    if data.scored is None or data.point is None:
        return
    key = f"{data.run.id}_{state.split}_{state.finding}_{state.positive}"
    editable = state.split == CHOOSING_SPLIT
    with st.container(key="point"):
        left, right = st.columns([1.5, 1], gap="medium", vertical_alignment="top")
    with left:
        threshold_slider.show(
            threshold_slider.histogram(data),
            data.titles,
            at=data.threshold,
            locked=not editable,
            key="point_bar",
            moved=operating_point_state.queue_threshold,
        )
    with right, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if editable:
            _rule_controls(data, key)
        _settings(data, state, key, editable=editable)
        name = f"scores-run-{data.run.id}-{state.split}"
        chart.csv_button(lambda: threshold_slider.histogram_csv(data), name=name, key="point")
    st.caption(operating_point_text.sentence(data, state, coverage))
    if error := operating_point_state.pop_error():
        st.warning(error, icon=":material/info:")


def _rule_controls(data: ReviewData, key: str) -> None:
    """Draw the choice of the rule, and the button that saves the point."""
    kind_key, share_key = f"rule_{key}", f"share_{key}"

    def queue_rule() -> None:
        percent = st.session_state.get(share_key, 100 * USUAL_SHARE)
        operating_point_state.queue_rule(st.session_state[kind_key], percent / 100)

    rule = data.point.rule if data.point else {}
    kinds = list(RULES)
    at = kinds.index(rule["kind"]) if rule.get("kind") in RULES else 0
    kind = st.selectbox(
        "Operating point",
        kinds,
        at,
        format_func=RULES.__getitem__,
        key=kind_key,
        on_change=queue_rule,
        width=185,
        label_visibility="collapsed",
    )
    if kind != BY_HAND:
        share = 100 * float(rule.get("at_least", USUAL_SHARE))
        st.number_input(
            "percent",
            1.0,
            100.0,
            share,
            1.0,
            key=share_key,
            on_change=queue_rule,
            width=95,
            format="%g",
            label_visibility="collapsed",
            help="Percent",
        )
    st.button(
        "Save",
        key=f"keep_{key}",
        type="primary",
        disabled=not data.tried,
        on_click=operating_point_state.store,
        args=(data, kind_key),
        help="Saves it with the run; the test split and all other pages then use it.",
    )


def _settings(data: ReviewData, state: ReviewState, key: str, *, editable: bool) -> None:
    """Draw the unit of analysis, the calibration, and the prevalence for PPV and NPV."""
    point = data.point
    if point is None:
        return
    with st.popover("Settings", icon=":material/tune:"):
        for field, labels, current, title in (
            ("level", review_point.LEVELS, point.level_name, "Unit of analysis"),
            ("scale", review_point.SCALES, point.scale_name, "Score calibration"),
        ):
            names = list(labels)
            st.selectbox(
                title,
                names,
                names.index(current),
                format_func=labels.__getitem__,
                key=f"{field}_{key}",
                disabled=not editable,
                on_change=operating_point_state.queue_setting,
                args=(field, f"{field}_{key}"),
                help=None if editable else operating_point_text.LOCKED,
            )
        percent = None if state.prevalence < 0 else state.prevalence * 100
        st.number_input(
            "Prevalence for PPV and NPV (%)",
            0.01,
            99.99,
            percent,
            key=f"prevalence_{key}",
            placeholder="of this split",
            format="%g",
            on_change=operating_point_state.queue_setting,
            args=("prevalence", f"prevalence_{key}"),
        )
