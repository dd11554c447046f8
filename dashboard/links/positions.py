"""The parts of a link that count classes, findings or sections of the run that it names."""

from collections.abc import Callable
from contextlib import suppress

from core.errors import NotFound
from core.services.predictions import predictions
from core.services.saliency import maps
from core.services.training import runs
from core.services.training.runs import RunView
from dashboard.context import AppContext
from dashboard.links import section_names
from dashboard.links.problem import quoted
from dashboard.url_state import CaseState, ListState, ReviewState
from db.vocabulary import TaskKind


def problem(app: AppContext, run: RunView, state: ListState, field: str) -> str:
    """Return a sentence if a part of the link does not exist in its run, else ""."""
    if field in CHECKS:
        return CHECKS[field](run, state)
    if not isinstance(state, CaseState):
        return ""
    if field == "layer":
        return _layer(app, run, state)
    return _others(app, state) if field == "others" else ""


def _finding(run: RunView, state: ListState) -> str:
    places = len(run.titles) if run.kind is TaskKind.MULTI else 1
    return "" if 0 <= state.finding < places else _no_position(run, "finding", state.finding, places)


def _positive(run: RunView, state: ListState) -> str:
    several = run.kind is not TaskKind.MULTI and len(run.titles) > 2
    places = range(-1, len(run.titles)) if several else (-1, 1) if len(run.titles) == 2 else (-1,)
    return "" if state.positive in places else _no_position(run, "class", state.positive, len(run.titles))


def _cell(run: RunView, state: ListState) -> str:
    """Check a cell of the confusion matrix: both of its classes, or none."""
    size = len(run.titles) if run.kind is not TaskKind.MULTI and state.positive < 0 else 2
    size = 0 if run.kind is TaskKind.NUMBER else size
    if state.truth == state.called == -1:
        return ""
    if 0 <= state.truth < size and 0 <= state.called < size:
        return ""
    cell = f"a cell with truth {state.truth} and called {state.called}"
    if not size:
        return f"This link names {cell}, but run {run.id} predicts a number and has no confusion matrix."
    return f"This link names {cell}, but the classes of run {run.id} are counted from 0 to {size - 1}."


def _shown(run: RunView, state: ListState) -> str:
    shown, names = (state.shown if isinstance(state, CaseState) else -1), maps.target_names(run)
    return "" if -1 <= shown < len(names) else _no_position(run, "class", shown, len(names))


def _section(run: RunView, state: ListState) -> str:
    section = state.section if isinstance(state, ReviewState) else ""
    if not section or section in section_names.offered(run, state.positive):
        return ""
    return f"Run {run.id} has no section {quoted(section)} on the Review page."


def _layer(app: AppContext, run: RunView, state: CaseState) -> str:
    methods = [name for name, _ in maps.methods(run)]
    chosen = [name for name in state.method.split(",") if name in methods] or methods[:1]
    with suppress(NotFound):  # without weights there are no maps
        if not state.layer or any(state.layer in maps.layers(app.db, app.settings, run.id, name) for name in chosen):
            return ""
    return f"No saliency map of run {run.id} has the layer {quoted(state.layer)}."


def _others(app: AppContext, state: CaseState) -> str:
    """Check the further runs whose maps stand beside: each predicted the case."""
    ids = predictions.runs_of_case(app.db, state.case) if state.case else [run.id for run in runs.list_runs(app.db)]
    unknown = [text for text in state.others.split(",") if text not in map(str, ids)]
    if not unknown:
        return ""
    return f"This link shows maps of run {quoted(unknown[0])} beside, which has no prediction for this case."


def _no_position(run: RunView, noun: str, at: int, places: int) -> str:
    return f"Run {run.id} has no {noun} with the position {at}; it has {places}, counted from 0."


CHECKS: dict[str, Callable[[RunView, ListState], str]] = {
    "finding": _finding,
    "positive": _positive,
    "truth": _cell,
    "called": _cell,
    "shown": _shown,
    "section": _section,
}
