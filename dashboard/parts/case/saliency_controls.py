"""What explains a case: which methods, of which class, by which layer, of which runs."""

from dataclasses import replace

import streamlit as st

from core.explain import EXPLAINERS
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.saliency import maps
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard import context
from dashboard.parts.case import pane_layout
from dashboard.parts.case.saliency_request import Question
from dashboard.url_state import CaseState
from db.vocabulary import TaskKind

MOST = 3  # methods at once, and runs beside
LAYOUTS = ("Overlaid", "Side by side")


def controls(run: RunView, row: PredictionView, state: CaseState) -> CaseState:
    """The controls; gives the state with what they say."""
    offered, there = dict(maps.methods(run)), _beside(run, row)
    if not offered:
        st.caption(f"Run {run.id} has no maps: its predictions were made elsewhere.")
        return replace(state, others=",".join(map(str, _others(there, state))))
    chosen = st.multiselect(
        "Maps",
        offered,
        methods_of(run, state),
        format_func=offered.__getitem__,
        key="case_method",
        max_selections=MOST,
        placeholder="none",
        help=_help(offered),
    )
    with st.container(horizontal=True, gap="small", key="case_asked"):
        shown = _class(run, state, chosen)
        layer = _layer(run, state, chosen)
    named = st.segmented_control(
        "Picture and map",
        LAYOUTS,
        default=LAYOUTS[state.beside == 1],
        key="case_beside",
        label_visibility="collapsed",
        width="stretch",
    )
    others = _others(there, state)
    method = "" if chosen == [next(iter(offered))] else ",".join(chosen) or "none"
    return replace(
        state,
        method=method,
        shown=shown,
        layer=layer,
        beside=int(named == LAYOUTS[1]),
        others=",".join(map(str, others)),
    )


def methods_of(run: RunView, state: CaseState) -> list[str]:
    """The methods that a state names and the run's model can be asked by; the usual one where it names none."""
    offered = [name for name, _ in maps.methods(run)]
    named = [one for one in dict.fromkeys(state.method.split(",")) if one in offered][:MOST]
    return named or ([] if state.method == "none" else offered[:1])


def _beside(run: RunView, row: PredictionView) -> list[int]:
    """The other runs that predicted the case."""
    return [one for one in predictions.runs_of_case(context.app_context().db, row.case_id) if one != run.id]


def _named(there: list[int], state: CaseState) -> list[int]:
    """Those of them that a state names."""
    titles = {str(one): one for one in there}
    return [titles[one] for one in dict.fromkeys(state.others.split(",")) if one in titles][:MOST]


def question(run: RunView, row: PredictionView | None, about: RunView, method: str, state: CaseState) -> Question:
    """What is asked of a run (`about`, the page's or another) by a method: a class by its name, a layer it can read.

    Other runs are asked for the class that this one gives most to, so that what lies side by side is of one class.
    """
    shown = state.finding if run.kind is TaskKind.MULTI and state.shown < 0 else state.shown
    if shown < 0 and row is not None and about.id != run.id:
        shown = max(range(len(row.probabilities)), key=row.probabilities.__getitem__)
    names = maps.target_names(run)
    wanted = names[shown] if 0 <= shown < len(names) else None
    there = maps.target_names(about)
    layers = (
        maps.layers(context.app_context().db, context.app_context().settings, about.id, method) if state.layer else {}
    )
    return Question(
        about.id, method, there.index(wanted) if wanted in there else None, state.layer if state.layer in layers else ""
    )


def of_other(run: RunView, row: PredictionView, other: int, methods: list[str], state: CaseState) -> list[Question]:
    """The same questions of another run, by its usual method where it has not those; none where it has no model."""
    about = runs.get(context.app_context().db, other)
    suited = [name for name, _ in maps.methods(about)]
    if not suited:
        return []
    wanted = dict.fromkeys(one if one in suited else suited[0] for one in methods or suited[:1])
    return [question(run, row, about, one, state) for one in wanted]


def requests(run: RunView, row: PredictionView, state: CaseState) -> tuple[list[Question], list[Question]]:
    """What was chosen, of this run and of others; and of the other runs one map each, for whoever asks for more panes.

    A model that has not the method is asked in its usual way.
    """
    methods, there = methods_of(run, state), _beside(run, row)
    chosen = _named(there, state)
    found = [question(run, row, run, method, state) for method in methods]
    found += [one for other in chosen for one in of_other(run, row, other, methods, state)]
    behind = [one for one in there if one not in chosen][: max(0, pane_layout.PANES - len(found))]
    further = [one for other in behind for one in of_other(run, row, other, methods[:1], state)]
    return found, further if methods else []


def _class(run: RunView, state: CaseState, chosen: list[str]) -> int:
    """The class that was chosen, -1 where it is the one that the page opens with."""
    names = dict(enumerate(maps.target_names(run)))
    if len(names) == 1:
        return -1
    findings = run.kind is TaskKind.MULTI
    usual, titles = (state.finding, names) if findings else (-1, {-1: "the most probable", **names})
    now = state.shown if state.shown in titles else usual
    idle = not any(EXPLAINERS[one].by_class for one in chosen)
    shown: int = st.selectbox(
        "Finding" if findings else "Class",
        titles,
        list(titles).index(now),
        disabled=idle,
        format_func=titles.__getitem__,
        key=f"case_class_{usual}",
        help="Some methods show the same map for every class.",
    )
    return -1 if shown == usual else shown


def _layer(run: RunView, state: CaseState, chosen: list[str]) -> str:
    wired = context.app_context()
    if not any(EXPLAINERS[one].layers for one in chosen):
        return state.layer
    titles = {"": "the usual one"}
    for method in chosen:
        titles |= maps.layers(wired.db, wired.settings, run.id, method)
    now = state.layer if state.layer in titles else ""
    layer: str = st.selectbox(
        "Layer",
        titles,
        list(titles).index(now),
        format_func=titles.__getitem__,
        key="case_layer",
        disabled=len(titles) == 1,
        help="Where methods read the network; early layers are finer and mean less.",
    )
    return layer if len(titles) > 1 else state.layer


def _others(there: list[int], state: CaseState) -> list[int]:
    if not there:
        return []
    db = context.app_context().db
    titles = {one: f"Run {one} · {runs.get(db, one).model}" for one in there}
    return st.multiselect(
        "Beside them, the maps of",
        titles,
        _named(there, state),
        key="case_others",
        format_func=titles.__getitem__,
        max_selections=MOST,
        placeholder="other runs",
    )


def _help(offered: dict[str, str]) -> str:
    return "  \n".join(f"**{title}** {EXPLAINERS[name].summary}{_cost(name)}" for name, title in offered.items())


def _cost(name: str) -> str:
    return " Slow: hundreds of passes." if EXPLAINERS[name].slow else ""
