"""Show a predicted case in the viewer, with its saliency maps overlaid or side by side."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from time import monotonic
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
from dashboard.parts.case.saliency_request import SaliencyRequest
from dashboard.parts.review.case_list import CaseList
from dashboard.parts.widgets import drawing_options, viewer
from dashboard.server import serializers
from dashboard.url_state import CaseState
from db.vocabulary import Unit

STEP = "case_step"
URL_ON_ITS_WAY_S = 2.0
BESIDE = 2  # images of a study in one row

Maps = dict[SaliencyRequest, list[tuple[int, MapView | None]]]


@dataclass(frozen=True)
class _Steps:
    """Arrow keys since the case that the reader saw; `passed` are cases that a late URL may still name."""

    seen: int
    by: int
    passed: frozenset[int]
    until: float = inf


def place(state: CaseState, rows: CaseList) -> int | None:
    """Return the index of the case to show: that of the URL, or where the arrow keys have led; None if it is gone.

    For a moment after a step the browser may ask for the page with the URL of a case before: it means the new one.
    """
    steps: _Steps | None = st.session_state.get(STEP)
    if steps is None or monotonic() >= steps.until:
        st.session_state.pop(STEP, None)
        return None if state.case and state.case not in rows.ids else rows.index_of(state.case)
    at = min(max(rows.index_of(steps.seen) + steps.by, 0), len(rows) - 1)
    return at if state.case in steps.passed else rows.index_of(state.case)


def end_steps() -> None:
    """Let the steps end soon; call it once the page is drawn and its URL is on its way to the browser."""
    steps: _Steps | None = st.session_state.get(STEP)
    if steps is not None and steps.until == inf:
        st.session_state[STEP] = replace(steps, until=monotonic() + URL_ON_ITS_WAY_S)


@dataclass(frozen=True)
class ViewerLayout:
    """The content of the viewer: slices of a stack, further images of a study, map requests and their panes.

    `further` are the requests of panes that are hidden until the reader opens more panes.
    """

    stack: tuple[int, ...]
    beside: tuple[int, ...]
    requests: tuple[SaliencyRequest, ...]
    further: tuple[SaliencyRequest, ...]
    layout: pane_layout.Layout

    def shown(self) -> dict[SaliencyRequest, list[int]]:
        """Return each request whose map is shown, with the ids of its images."""
        requests: dict[SaliencyRequest, list[int]] = {}
        for place in self.layout.places[: self.layout.panes]:
            if place["map"] != pane_layout.PLAIN:
                requests.setdefault(self.requests[place["map"]], []).append(place["image"])
        return requests

    @cached_property
    def maps(self) -> Maps:
        """The maps shown: for each request the image ids with their map, None while it is not computed."""
        return {
            request: [(image, request.cached(image)) for image in images] for request, images in self.shown().items()
        }

    def pending(self, request: SaliencyRequest) -> list[int]:
        """Return the ids of the images whose map is shown but not computed; none if no map can be computed."""
        with suppress(UserError):
            return [image for image, view in self.maps.get(request, ()) if view is None]
        return []


def show(run: RunView, row: PredictionView, at: int, rows: CaseList, state: CaseState) -> ViewerLayout:
    """Draw the viewer and prefetch the next image of the list; return the content of the viewer."""
    app, session = context.app_context(), reader.session_id()
    case = annotations.case(app.db, row.case_id)
    task = tasks.get(app.db, case.task_id)
    image_ids = maps.pictures(app.db, run, case.id)
    layout = _layout(run, row, image_ids, task.unit, state)
    views = images.many(app.db, [*layout.stack, *layout.beside])
    several = len({request.run for request in layout.requests}) > 1

    def is_titled(request: SaliencyRequest) -> bool:
        return several or request.run != run.id

    case_data = serializers.case(case, views[: len(layout.stack)], app.signer, session)
    case_data["beside"] = [
        {**serializers.image(view, app.signer, session), "title": _image_title(view)}
        for view in views[len(layout.stack) :]
    ]
    data = {
        "mode": "case",
        "task": None,
        "api": {"drawings": drawing_options.url(task)},
        "progress": None,
        "drawing": drawing_options.offered(task),
        "note": f"run {run.id} · case {at + 1} of {len(rows)}",
        "cases": [case_data],
        "overlays": _overlays(layout, image_ids, is_titled),
        "places": list(layout.layout.places),
        "panes": layout.layout.panes,
        "alone": len(rows) == 1,
        "listed": {"at": at, "count": len(rows)},
        "ahead": [] if task.unit is Unit.SERIES else _prefetch(run, rows, at, state),
    }
    viewer.show(key="case_viewer", data=data, on_event=_on_event)
    return layout


def _layout(run: RunView, row: PredictionView, image_ids: Sequence[int], unit: Unit, state: CaseState) -> ViewerLayout:
    stack = tuple(image_ids) if unit is Unit.SERIES else (row.image_id,)
    others = [one for one in image_ids if one != row.image_id]
    beside = tuple(others[: BESIDE - 1]) if unit is Unit.STUDY else ()
    requests, further = saliency_controls.requests(run, row, state)
    layout = pane_layout.arrange([row.image_id, *beside], len(requests), len(further), plain=state.beside == 1)
    return ViewerLayout(stack, beside, tuple(requests), tuple(further), layout)


def _on_event(event: dict[str, Any]) -> None:
    if event.get("kind") == "step":
        seen, by = int(event["from"]), int(event["by"])
        before: _Steps = st.session_state.get(STEP) or _Steps(seen, 0, frozenset())
        if before.seen == seen:  # a key again before the next case was shown
            by += before.by
        passed = before.passed | {CaseState.from_url().case, seen}
        st.session_state[STEP] = _Steps(seen, by, passed)


def _prefetch(run: RunView, rows: CaseList, at: int, state: CaseState) -> list[dict[str, Any]]:
    """Return the next image of the list and the URLs of those of its maps that are computed."""
    app, session = context.app_context(), reader.session_id()
    next_rows = predictions.predictions_of_cases(app.db, run.id, [rows.ids[at + 1]] if at + 1 < len(rows) else [])
    views = images.many(app.db, [prediction.image_id for prediction in next_rows])
    methods = saliency_controls.methods_of(run, state)
    shown_maps = [
        (prediction.image_id, saliency_controls.saliency_request(run, prediction, run, method, state))
        for prediction in next_rows
        for method in methods
    ]
    map_urls: dict[int, list[str]] = {view.id: [] for view in views}
    for image, request in shown_maps:
        if request.cached(image) is not None:
            map_urls[image].append(request.url(image))
    return [{"image": serializers.image(view, app.signer, session), "maps": map_urls[view.id]} for view in views]


def _overlays(
    layout: ViewerLayout, image_ids: Sequence[int], is_titled: Callable[[SaliencyRequest], bool]
) -> list[dict[str, Any]]:
    """Return the overlays for the viewer, one per map request.

    `of` has the URL of the map of each image by its id, so that the map follows the image shown; `check` is the result
    of the saliency check, "" if passed; `pending` are the images whose map is not computed. When these maps arrive, the
    viewer reports it, and the page reruns.
    """
    db, requests = context.app_context().db, (*layout.requests, *layout.further)
    checks = {run: saliency_check.by_method(db, run) for run in {request.run for request in requests}}
    return [
        {
            "of": {str(image): request.url(image) for image in image_ids},
            "title": f"run {request.run}" if is_titled(request) else "",
            "check": saliency_check.brief(checks[request.run].get(request.method)),
            "pending": layout.pending(request),
        }
        for request in requests
    ]


def _image_title(view: ImageView) -> str:
    return " ".join(filter(None, (view.facts.get(name) for name in ("modality", "view", "laterality", "body_part"))))
