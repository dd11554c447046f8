"""A predicted case in the viewer, beside or under the maps of what models looked at."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from core.errors import UserError
from core.services.analysis import saliency_check
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.images.images import ImageView
from core.services.predictions import predictions
from core.services.predictions.predictions import PredictionView
from core.services.saliency import maps
from core.services.saliency.store import MapView
from core.services.training.runs import RunView
from dashboard import context, reader
from dashboard.parts.case import pane_layout, saliency_controls
from dashboard.parts.case.saliency_request import Question
from dashboard.parts.review.case_list import CaseList
from dashboard.parts.widgets import drawing_options, viewer
from dashboard.server import serializers
from dashboard.url_state import CaseState
from db.vocabulary import Unit

STEP = "case_step"
BESIDE = 2  # pictures of a study in one row

Maps = dict[Question, list[tuple[int, MapView | None]]]


def pending_step() -> int:
    """The step through the list that the viewer's arrow keys asked for since the page was drawn: -1, 0 or 1."""
    return int(st.session_state.pop(STEP, 0))


@dataclass(frozen=True)
class ViewerLayout:
    """What lies in the viewer: the slices of a stack, pictures beside, questions asked of them, in which panes.

    `further` are questions of panes that are not shown until somebody asks for more.
    """

    stack: tuple[int, ...]
    beside: tuple[int, ...]
    asked: tuple[Question, ...]
    further: tuple[Question, ...]
    layout: pane_layout.Layout

    def shown(self) -> dict[Question, list[int]]:
        """Each question whose map is shown, with the ids of the pictures that it is shown of."""
        found: dict[Question, list[int]] = {}
        for place in self.layout.places[: self.layout.panes]:
            if place["map"] != pane_layout.PLAIN:
                found.setdefault(self.asked[place["map"]], []).append(place["image"])
        return found

    @cached_property
    def maps(self) -> Maps:
        """Each question whose map is shown, with the picture's id and its map; None while it is not computed."""
        return {
            question: [(image, question.filed(image)) for image in images] for question, images in self.shown().items()
        }

    def pending(self, question: Question) -> list[int]:
        """Return the ids of the pictures whose map is shown and not computed yet; none where no map can be made."""
        with suppress(UserError):
            return [image for image, view in self.maps.get(question, ()) if view is None]
        return []


def show(run: RunView, row: PredictionView, at: int, rows: CaseList, state: CaseState) -> ViewerLayout:
    """The viewer, and the next picture of the list fetched before it is asked for; gives what lies in it."""
    wired, session = context.app_context(), reader.session_id()
    case = annotations.case(wired.db, row.case_id)
    task = tasks.get(wired.db, case.task_id)
    seen = maps.pictures(wired.db, run, case.id)
    laid = _laid(run, row, seen, task.unit, state)
    views = images.many(wired.db, [*laid.stack, *laid.beside])
    several = len({one.run for one in laid.asked}) > 1

    def named(one: Question) -> bool:
        return several or one.run != run.id

    about = serializers.case(case, views[: len(laid.stack)], wired.signer, session)
    about["beside"] = [
        {**serializers.image(one, wired.signer, session), "title": _title(one)} for one in views[len(laid.stack) :]
    ]
    data = {
        "mode": "case",
        "task": None,
        "api": {"drawings": drawing_options.url(task)},
        "progress": None,
        "drawing": drawing_options.offered(task),
        "note": f"run {run.id} · case {at + 1} of {len(rows)}",
        "cases": [about],
        "overlays": _overlays(laid, seen, named),
        "places": list(laid.layout.places),
        "panes": laid.layout.panes,
        "alone": len(rows) == 1,
        "ahead": [] if task.unit is Unit.SERIES else _ahead(run, rows, at, state),
    }
    viewer.show(key="case_viewer", data=data, told=_heard)
    return laid


def _laid(run: RunView, row: PredictionView, seen: Sequence[int], unit: Unit, state: CaseState) -> ViewerLayout:
    stack = tuple(seen) if unit is Unit.SERIES else (row.image_id,)
    others = [one for one in seen if one != row.image_id]
    beside = tuple(others[: BESIDE - 1]) if unit is Unit.STUDY else ()
    asked, further = saliency_controls.requests(run, row, state)
    layout = pane_layout.laid([row.image_id, *beside], len(asked), len(further), plain=state.beside == 1)
    return ViewerLayout(stack, beside, tuple(asked), tuple(further), layout)


def _heard(event: dict[str, Any]) -> None:
    if event.get("kind") == "step":
        st.session_state[STEP] = int(event["by"])


def _ahead(run: RunView, rows: CaseList, at: int, state: CaseState) -> list[dict[str, Any]]:
    """The next picture of the list with its maps, where these are there already: the one before was seen."""
    wired, session = context.app_context(), reader.session_id()
    found = predictions.predictions_of_cases(wired.db, run.id, [rows.ids[at + 1]] if at + 1 < len(rows) else [])
    views = images.many(wired.db, [one.image_id for one in found])
    methods = saliency_controls.methods_of(run, state)
    asked = [
        (one.image_id, saliency_controls.question(run, one, run, method, state)) for one in found for method in methods
    ]
    maps: dict[int, list[str]] = {view.id: [] for view in views}
    for image, question in asked:
        if question.filed(image) is not None:
            maps[image].append(question.url(image))
    return [{"image": serializers.image(view, wired.signer, session), "maps": maps[view.id]} for view in views]


def _overlays(laid: ViewerLayout, seen: Sequence[int], named: Callable[[Question], bool]) -> list[dict[str, Any]]:
    """`of` are the addresses of the maps of the case's pictures by their id: the map follows the picture shown.

    `check` is what the check of its run and method came to, where that is no pass. When the maps of the pictures
    `pending` have come, the viewer says so, and the page is drawn again with what is known of them.
    """
    db, asked = context.app_context().db, (*laid.asked, *laid.further)
    checks = {run: saliency_check.by_method(db, run) for run in {one.run for one in asked}}
    return [
        {
            "of": {str(image): one.url(image) for image in seen},
            "title": f"run {one.run}" if named(one) else "",
            "check": saliency_check.brief(checks[one.run].get(one.method)),
            "pending": laid.pending(one),
        }
        for one in asked
    ]


def _title(view: ImageView) -> str:
    return " ".join(filter(None, (view.facts.get(name) for name in ("modality", "view", "laterality", "body_part"))))
