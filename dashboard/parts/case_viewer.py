"""A predicted case in the viewer, under the map of what the model looked at; other models' maps for further panes."""

from collections.abc import Sequence
from typing import Any

from core.services import explaining, images, labeling, predicting, tasks
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import describe, who, wiring
from dashboard.parts import drawing, viewer
from dashboard.state import CaseState
from db.vocabulary import Unit

PANES = 4


def show(run: RunView, row: PredictionView, at: int, count: int, state: CaseState) -> int:
    """The viewer; gives the step through the list that its arrow keys asked for: -1, 0 or 1."""
    wired, session = wiring.here(), who.session()
    case = labeling.case(wired.db, row.case_id)
    task = tasks.get(wired.db, case.task_id)
    seen = explaining.pictures(wired.db, run.id, case.id)
    beside = task.unit is Unit.STUDY and len(seen) > 1  # a study's other pictures lie in further panes
    stack = seen if task.unit is Unit.SERIES else (row.image_id,)
    shown = images.many(wired.db, list(stack))
    data = {
        "mode": "case", "task": None, "api": {"drawings": drawing.url(task)}, "progress": None,
        "drawing": drawing.offered(task),
        "note": f"run {run.id} · case {at + 1} of {count}",
        "cases": [describe.case(case, shown, wired.signer, session)],
        "overlays": _maps(run, row, seen, state.method, alone=beside), "panes": 2 if beside else 1,
    }  # fmt: skip
    event = viewer.show(key="case_viewer", data=data)
    return int(event["by"]) if event and event.get("kind") == "step" else 0


def _maps(
    run: RunView, row: PredictionView, seen: Sequence[int], method: str, *, alone: bool
) -> list[dict[str, Any]]:  # fmt: skip
    """This run's map first, then (unless `alone`) those of the other runs that predicted the case: one for each pane.

    `of` are the addresses of the maps of the case's pictures by their id: the map follows the picture that is shown.
    """
    wired, session = wiring.here(), who.session()
    others = [] if alone else [one for one in predicting.runs_of_case(wired.db, row.case_id) if one != run.id]
    maps = []
    for run_id in [run.id, *others][:PANES]:
        offered = [name for name, _ in explaining.methods(wired.db, run_id)]
        chosen = method if method in offered else next(iter(offered), "")
        if chosen:
            of = {str(image): wired.signer.url(f"/api/map/{run_id}/{image}/{chosen}", session) for image in seen}
            maps.append({"url": of[str(row.image_id)], "of": of, "title": f"run {run_id}" if others else ""})
    return maps
