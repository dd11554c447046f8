"""The objects that a link names by number: each is in this home and fits its page, or a sentence says why not."""

from collections.abc import Callable
from contextlib import suppress

from core.errors import NotFound
from core.jobs import job_queue
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.imports import import_log
from core.services.predictions import predictions
from core.services.training import runs
from dashboard.context import AppContext
from dashboard.links.parameters import NOUNS
from dashboard.links.problem import missing, quoted
from dashboard.url_state import CaseState, CompareState, ReviewState, State
from db.vocabulary import JobKind

Check = Callable[[AppContext, State, int], str]

READ: dict[str, Callable[[AppContext, int], object]] = {
    "run": lambda app, number: runs.get(app.db, number),
    "other": lambda app, number: runs.get(app.db, number),
    "task": lambda app, number: tasks.get(app.db, number),
    "snapshot": lambda app, number: snapshots.get_snapshot(app.db, number),
    "image": lambda app, number: images.get(app.db, number),
    "series": lambda app, number: images.series(app.db, number),
    "case": lambda app, number: annotations.case(app.db, number),
    "imported": lambda app, number: import_log.get(app.db, app.settings, number),
    "job": lambda app, number: job_queue.get(app.db, number),
}


def problem(app: AppContext, state: State, field: str) -> str:
    """Return a sentence if the object of a field is not in this home or does not fit the page, else ""."""
    number = getattr(state, field)
    try:
        READ[field](app, number)
    except NotFound:
        return missing(NOUNS[field], number)
    return FITS[field](app, state, number) if field in FITS else ""


def _run_fits(app: AppContext, state: State, number: int) -> str:
    run = runs.get(app.db, number)
    if isinstance(state, ReviewState) and not run.reviewable:
        return f"Run {number} has no trained weights and no predictions yet, so it cannot be reviewed."
    if isinstance(state, CompareState) and not run.predicted:
        return f"Run {number} has no predictions yet, so it cannot be compared."
    return ""


def _case_fits(app: AppContext, state: State, number: int) -> str:
    """Return why the run of the link has no prediction of its case in the split."""
    if not isinstance(state, CaseState) or not state.run:
        return "This link names a case but no run; open the case from the list on the Review page."
    with suppress(NotFound):
        rows = predictions.predictions_of_cases(app.db, runs.get(app.db, state.run).id, [number])
        if not rows:
            return f"Run {state.run} has no prediction for case {number}."
        if state.split not in (rows[0].split, "all"):
            return f"Case {number} is in the {rows[0].split} split of run {state.run}, not in {state.split}."
    return ""


def _job_fits(app: AppContext, _state: State, number: int) -> str:
    kind = job_queue.get(app.db, number).kind
    return "" if kind is JobKind.IMPORT else f"Job {number} is not an import; it is of kind {quoted(kind)}."


def column(app: AppContext, state: State, field: str) -> str:
    """Return a sentence if this home has no metadata column that a recipe names, else ""."""
    names = {"patient" if field == "column" else "", *images.fact_values(app.db)}
    unknown = [name for name in str(getattr(state, field)).split(",") if name not in names]
    return f"There is no metadata column {quoted(unknown[0])} in this home." if unknown else ""


COLUMNS = ("column", "strata")  # fields of a recipe that name columns
FITS: dict[str, Check] = {"run": _run_fits, "other": _run_fits, "case": _case_fits, "job": _job_fits}
"""What an object must have to be opened on a page, beside being in this home."""
