"""Draw the run's operating point, which moves everything below it: tried and kept on validation, locked elsewhere."""

import streamlit as st

from core.services.evaluation import review_point
from core.services.evaluation.review_data import ReviewData
from core.services.evaluation.review_source import CHOOSING_SPLIT
from core.services.predictions.coverage import Coverage
from core.services.training.runs import RunView
from dashboard.parts.review import operating_point_state, operating_point_text, test_access, threshold_slider
from dashboard.parts.review.operating_point_state import BY_HAND
from dashboard.parts.widgets import chart
from dashboard.url_state import ReviewState
from db.vocabulary import TaskKind

USUAL_SHARE = 0.95
RULES = {BY_HAND: "Threshold by hand", "sensitivity": "Sensitivity at least", "specificity": "Specificity at least"}


def show(found: ReviewData, state: ReviewState, coverage: Coverage) -> None:
    """Draw the slider, how the point was found, and what can be done about it here; `coverage` is what is predicted."""
    if found.scored is None or found.point is None:
        return
    key = f"{found.run.id}_{state.split}_{state.finding}_{state.positive}"
    free = state.split == CHOOSING_SPLIT
    with st.container(key="point"):
        left, right = st.columns([1.5, 1], gap="medium", vertical_alignment="top")
    with left:
        threshold_slider.show(
            threshold_slider.histogram(found),
            found.titles,
            at=found.threshold,
            locked=not free,
            key="point_bar",
            moved=operating_point_state.queue_threshold,
        )
    with right, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if free:
            _rule_form(found, key)
        _settings(found, state, key, free=free)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(operating_point_text.sentence(found, state, coverage), width="stretch")
        name = f"scores-run-{found.run.id}-{state.split}"
        chart.csv_button(lambda: threshold_slider.histogram_csv(found), name=name, key="point")
    if error := operating_point_state.pop_error():
        st.warning(error, icon=":material/info:")


def counted(run: RunView, state: ReviewState) -> None:
    """Count a look at the test split, once per reader and point."""
    test_access.count(run.id, state.split, [state.finding if run.kind is TaskKind.MULTI else 0])


def _rule_form(found: ReviewData, key: str) -> None:
    """Draw how the threshold is found, and the button that stores it."""
    kind_key, share_key = f"rule_{key}", f"share_{key}"

    def ask() -> None:
        percent = st.session_state.get(share_key, 100 * USUAL_SHARE)
        operating_point_state.queue_rule(st.session_state[kind_key], percent / 100)

    rule = found.point.rule if found.point else {}
    known = list(RULES)
    at = known.index(rule["kind"]) if rule.get("kind") in RULES else 0
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
        share = 100 * float(rule.get("at_least", USUAL_SHARE))
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
        on_click=operating_point_state.store,
        args=(found, kind_key),
        help="Store it with the run: test and every other page then use it.",
    )


def _settings(found: ReviewData, state: ReviewState, key: str, *, free: bool) -> None:
    """Draw what is called, by which scores, and at which prevalence PPV and NPV are shown."""
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
                on_change=operating_point_state.queue_setting,
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
            on_change=operating_point_state.queue_setting,
            args=("prevalence", f"prevalence_{key}"),
        )
