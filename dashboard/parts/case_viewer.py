"""A predicted case in the viewer, beside or under the maps of what models looked at."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.services import explaining, images, labeling, predicting, tasks
from core.services.images import ImageView
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import describe, who, wiring
from dashboard.parts import case_layout, case_maps, drawing, viewer
from dashboard.parts.case_question import Question
from dashboard.parts.case_strip import CaseList
from dashboard.state import CaseState
from db.vocabulary import Unit

STEP = "case_step"
BESIDE = 2  # pictures of a study in one row


def stepped() -> int:
    """The step through the list that the viewer's arrow keys asked for since the page was drawn: -1, 0 or 1."""
    return int(st.session_state.pop(STEP, 0))


def show(run: RunView, row: PredictionView, at: int, rows: CaseList, state: CaseState) -> None:
    """The viewer, and the next picture of the list fetched before it is asked for."""
    wired, session = wiring.here(), who.session()
    case = labeling.case(wired.db, row.case_id)
    task = tasks.get(wired.db, case.task_id)
    seen = explaining.pictures(wired.db, run.id, case.id)
    stack = seen if task.unit is Unit.SERIES else (row.image_id,)
    beside = [one for one in seen if one != row.image_id][: BESIDE - 1] if task.unit is Unit.STUDY else []
    views = images.many(wired.db, [*stack, *beside])
    asked, further = _asked(run, row, state)
    several = len({one.run for one in asked}) > 1

    def named(one: Question) -> bool:
        return several or one.run != run.id

    layout = case_layout.laid([row.image_id, *beside], len(asked), len(further), plain=state.beside == 1)
    about = describe.case(case, views[: len(stack)], wired.signer, session)
    about["beside"] = [{**describe.image(one, wired.signer, session), "title": _title(one)}
                       for one in views[len(stack) :]]  # fmt: skip
    data = {
        "mode": "case", "task": None, "api": {"drawings": drawing.url(task)}, "progress": None,
        "drawing": drawing.offered(task), "note": f"run {run.id} · case {at + 1} of {len(rows)}", "cases": [about],
        "overlays": _overlays([*asked, *further], seen, named), "places": list(layout.places), "panes": layout.panes,
        "ahead": [] if task.unit is Unit.SERIES else _ahead(run, rows, at, state),
    }  # fmt: skip
    viewer.show(key="case_viewer", data=data, told=_heard)


def _heard(event: dict[str, Any]) -> None:
    if event.get("kind") == "step":
        st.session_state[STEP] = int(event["by"])


def _ahead(run: RunView, rows: CaseList, at: int, state: CaseState) -> list[dict[str, Any]]:
    """The next picture of the list with its maps, where these are there already: the one before was seen."""
    wired, session = wiring.here(), who.session()
    found = predicting.of_cases(wired.db, run.id, [rows.ids[at + 1]] if at + 1 < len(rows) else [])
    views = images.many(wired.db, [one.image_id for one in found])
    methods = case_maps.methods_of(run, state)
    asked = [(one.image_id, case_maps.question(run, one, run, method, state)) for one in found for method in methods]
    maps: dict[int, list[str]] = {view.id: [] for view in views}
    for image, question in asked:
        if question.filed(image) is not None:
            maps[image].append(question.url(image))
    return [{"image": describe.image(view, wired.signer, session), "maps": maps[view.id]} for view in views]


def _asked(run: RunView, row: PredictionView, state: CaseState) -> tuple[list[Question], list[Question]]:
    """What was chosen, of this run and of others; and of the other runs one map each, for whoever asks for more panes.

    A model that has not the method is asked in its usual way.
    """
    db = wiring.here().db
    methods = case_maps.methods_of(run, state)
    chosen = case_maps.others_of(row, run, state)
    asked = [case_maps.question(run, row, run, method, state) for method in methods]
    asked += [one for other in chosen for one in case_maps.of_other(run, row, other, methods, state)]
    there = [one for one in predicting.runs_of_case(db, row.case_id) if one != run.id and one not in chosen]
    room = case_layout.PANES - len(asked)
    further = [
        one for other in there[: max(0, room)] for one in case_maps.of_other(run, row, other, methods[:1], state)
    ]
    return asked, further if methods else []


def _overlays(
    asked: Sequence[Question], seen: Sequence[int], named: Callable[[Question], bool]
) -> list[dict[str, Any]]:
    """`of` are the addresses of the maps of the case's pictures by their id: the map follows the picture shown."""
    return [
        {"of": {str(image): one.url(image) for image in seen}, "title": f"run {one.run}" if named(one) else ""}
        for one in asked
    ]


def _title(view: ImageView) -> str:
    return " ".join(filter(None, (view.facts.get(name) for name in ("modality", "view", "laterality", "body_part"))))
