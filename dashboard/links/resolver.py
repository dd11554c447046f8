"""Say of a whole link what it names that is not here: the one resolver of all pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.lazy_modules import LazyModule
from core.services.training import runs
from dashboard.context import AppContext
from dashboard.links import parameters
from dashboard.links.problem import Problem
from dashboard.url_state import (
    CaseState,
    CompareState,
    DatasetsState,
    ImagesState,
    ImportState,
    LabelState,
    ListState,
    ReviewState,
    RunState,
    State,
    TrainPageState,
)

if TYPE_CHECKING:
    from dashboard.links import choices, objects, positions
else:
    choices = LazyModule("dashboard.links.choices")
    objects = LazyModule("dashboard.links.objects")
    positions = LazyModule("dashboard.links.positions")

STATES: dict[str, type[State]] = {
    "import": ImportState,
    "images": ImagesState,
    "label": LabelState,
    "datasets": DatasetsState,
    "train": TrainPageState,
    "runs": RunState,
    "review": ReviewState,
    "compare": CompareState,
    "case": CaseState,
}
"""The state of each page that has one; the other pages take no parameters."""

NO_RUN = "This link gives {}, but names no run."
FILTERS = ("task", "imported")  # the Images page names a filter that does not exist, and shows its list without it


def problems(app: AppContext, page: str, query: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return what a link names that this page cannot open, one problem per parameter."""
    kind = STATES.get(page, State)
    unreadable = list(parameters.unreadable(kind, query))
    if unreadable:
        return unreadable
    state = kind.of({name: values[-1] for name, values in query.items()})
    given = state.query()  # a default that is written out names nothing
    return list(_unknown(app, state, [name for name in query if name in given]))


def _unknown(app: AppContext, state: State, names: Sequence[str]) -> Iterator[Problem]:
    ignored = FILTERS if isinstance(state, ImagesState) else ()
    for name in names:
        sentence = choices.CHOICES[name](state) if name in choices.CHOICES else ""
        if name in objects.READ and name not in ignored:
            sentence = objects.problem(app, state, name)
        elif name in objects.COLUMNS:
            sentence = objects.column(app, state, name)
        if sentence:
            yield Problem(name, sentence)
    if isinstance(state, ListState):
        yield from _in_run(app, state, names)


def _in_run(app: AppContext, state: ListState, names: Sequence[str]) -> Iterator[Problem]:
    try:
        run = runs.get(app.db, state.run)
    except NotFound:
        if not state.run:
            yield from (Problem(name, NO_RUN.format(name)) for name in names if name in positions.CHECKS)
        return
    for name in names:
        if sentence := positions.problem(app, run, state, name):
            yield Problem(name, sentence)
