"""Draw the controls of the saliency maps: methods, class, layer, layout and other runs."""

from dataclasses import replace

import streamlit as st

from core.explain import EXPLAINERS
from core.services.evaluation import review_point
from core.services.evaluation.case_call import call_of_case
from core.services.evaluation.review_data import review_data
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.saliency import maps
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context, formatting
from dashboard.parts.case import pane_layout
from dashboard.parts.case.saliency_request import SaliencyRequest
from dashboard.result_cache import review_source
from dashboard.url_state import CaseState
from db.vocabulary import TaskKind

MOST = 3  # methods at once, and other runs
LAYOUTS = ("Overlaid", "Side by side")


def controls(run: RunView, row: PredictionView, state: CaseState) -> CaseState:
    """Draw the controls; return the state with their values."""
    offered, other_runs = dict(maps.methods(run)), _other_runs(run, row)
    if not offered:
        st.caption(f"Run {run.id} has external predictions and no saliency maps.")
        return replace(state, others=",".join(map(str, _run_picker(other_runs, state))))
    chosen = st.multiselect(
        "Saliency methods",
        offered,
        methods_of(run, state),
        format_func=offered.__getitem__,
        key="case_method",
        max_selections=MOST,
        placeholder="none",
        help=_methods_help(offered),
    )
    with st.container(horizontal=True, gap="small", key="case_asked"):
        shown = _class_picker(run, state, chosen)
        layer = _layer_picker(run, state, chosen)
    if any(EXPLAINERS[one].by_class for one in chosen):
        st.caption(_why(run, row, state, shown if shown >= 0 else _default_class(run, state)))
    layout = st.segmented_control(
        "Layout",
        LAYOUTS,
        default=LAYOUTS[state.beside == 1],
        key="case_beside",
        label_visibility="collapsed",
        width="stretch",
    )
    others = _run_picker(other_runs, state)
    method = "" if chosen == [next(iter(offered))] else ",".join(chosen) or "none"
    return replace(
        state,
        method=method,
        shown=shown,
        layer=layer,
        beside=int(layout == LAYOUTS[1]),
        others=",".join(map(str, others)),
    )


def methods_of(run: RunView, state: CaseState) -> list[str]:
    """Return the methods of the state that the model supports; the default method if the state names none."""
    offered = [name for name, _ in maps.methods(run)]
    chosen_methods = [name for name in dict.fromkeys(state.method.split(",")) if name in offered][:MOST]
    return chosen_methods or ([] if state.method == "none" else offered[:1])


def _other_runs(run: RunView, row: PredictionView) -> list[int]:
    """Return the ids of the other runs that predicted the case."""
    return [one for one in predictions.runs_of_case(context.app_context().db, row.case_id) if one != run.id]


def _selected_runs(runs_beside: list[int], state: CaseState) -> list[int]:
    """Return the other runs that the state names."""
    titles = {str(one): one for one in runs_beside}
    return [titles[one] for one in dict.fromkeys(state.others.split(",")) if one in titles][:MOST]


def saliency_request(
    run: RunView, row: PredictionView | None, about: RunView, method: str, state: CaseState
) -> SaliencyRequest:
    """Return the map request for `about`, the run of the page or another, by a method.

    By default the map explains the class in question, which the operating point decides about. Classes are matched by
    name. Of all classes at once, other runs explain the class that this run predicts, so that maps can be compared. A
    layer that the model lacks falls back to the default one.
    """
    shown = _default_class(run, state) if state.shown < 0 else state.shown
    if shown < 0 and row is not None and about.id != run.id:
        shown = max(range(len(row.probabilities)), key=row.probabilities.__getitem__)
    names = maps.target_names(run)
    class_name = names[shown] if 0 <= shown < len(names) else None
    names_of_other = maps.target_names(about)
    layers = (
        maps.layers(context.app_context().db, context.app_context().settings, about.id, method) if state.layer else {}
    )
    return SaliencyRequest(
        about.id,
        method,
        names_of_other.index(class_name) if class_name in names_of_other else None,
        state.layer if state.layer in layers else "",
    )


def requests_of_run(
    run: RunView, row: PredictionView, other: int, methods: list[str], state: CaseState
) -> list[SaliencyRequest]:
    """Return the same requests for another run, by its default method where it lacks one; none without a model."""
    about = runs.get(context.app_context().db, other)
    suited = [name for name, _ in maps.methods(about)]
    if not suited:
        return []
    methods_of_other = dict.fromkeys(one if one in suited else suited[0] for one in methods or suited[:1])
    return [saliency_request(run, row, about, one, state) for one in methods_of_other]


def requests(
    run: RunView, row: PredictionView, state: CaseState
) -> tuple[list[SaliencyRequest], list[SaliencyRequest]]:
    """Return the requests of the selected maps, and one request for each remaining run, for more panes.

    A model that lacks a method uses its default one.
    """
    methods, other_runs = methods_of(run, state), _other_runs(run, row)
    chosen = _selected_runs(other_runs, state)
    primary = [saliency_request(run, row, run, method, state) for method in methods]
    primary += [one for other in chosen for one in requests_of_run(run, row, other, methods, state)]
    remaining = [one for one in other_runs if one not in chosen][: max(0, pane_layout.PANES - len(primary))]
    secondary = [one for other in remaining for one in requests_of_run(run, row, other, methods[:1], state)]
    return primary, secondary if methods else []


def _default_class(run: RunView, state: CaseState) -> int:
    """Return the class in question; -1 for the predicted one."""
    default = review_point.class_in_question(review_source(), run, state)
    return -1 if default is None else default


def _why(run: RunView, row: PredictionView, state: CaseState, shown: int) -> str:
    """Return the question that the map of a class answers: `Why not opacity?` where another class was called."""
    call = call_of_case(review_data(review_source(), run, state), row.case_id)
    if call is None:
        return ""
    title = call.called if shown < 0 else maps.target_names(run)[shown]
    return f"The map answers: why {'' if call.called == title else 'not '}{formatting.escape_markdown(title)}?"


def _class_picker(run: RunView, state: CaseState, chosen: list[str]) -> int:
    """Draw the choice of the class; return -1 for the default of the page."""
    names = dict(enumerate(maps.target_names(run)))
    if len(names) == 1:
        return -1
    findings, default = run.kind is TaskKind.MULTI, _default_class(run, state)
    titles = names if default >= 0 else {-1: "predicted class", **names}
    current = state.shown if state.shown in titles else default
    unused = not any(EXPLAINERS[one].by_class for one in chosen)
    shown: int = st.selectbox(
        "Finding" if findings else "Class",
        titles,
        list(titles).index(current),
        disabled=unused,
        format_func=titles.__getitem__,
        key=f"case_class_{default}",
        help="Some methods show the same map for every class.",
    )
    return -1 if shown == default else shown


def _layer_picker(run: RunView, state: CaseState, chosen: list[str]) -> str:
    app = context.app_context()
    if not any(EXPLAINERS[one].layers for one in chosen):
        return state.layer
    titles = {"": "default layer"}
    for method in chosen:
        titles |= maps.layers(app.db, app.settings, run.id, method)
    current = state.layer if state.layer in titles else ""
    layer: str = st.selectbox(
        "Layer",
        titles,
        list(titles).index(current),
        format_func=titles.__getitem__,
        key="case_layer",
        disabled=len(titles) == 1,
        help="Layer of the network that the map is computed from. Early layers are finer but less specific.",
    )
    return layer if len(titles) > 1 else state.layer


def _run_picker(runs_beside: list[int], state: CaseState) -> list[int]:
    if not runs_beside:
        return []
    db = context.app_context().db
    titles = {one: f"Run {one} · {runs.get(db, one).model}" for one in runs_beside}
    return st.multiselect(
        "Compare with saliency maps of",
        titles,
        _selected_runs(runs_beside, state),
        key="case_others",
        format_func=titles.__getitem__,
        max_selections=MOST,
        placeholder="other runs",
    )


def _methods_help(offered: dict[str, str]) -> str:
    return "  \n".join(f"**{title}** {EXPLAINERS[name].summary}" for name, title in offered.items())
