"""A predicted case in the viewer, under the map of what the model looked at."""

from typing import Any

import streamlit as st

from core.errors import UserError
from core.services import explaining, images, labeling
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import describe, who, wiring
from dashboard.parts import viewer
from dashboard.state import CaseState


def show(run: RunView, row: PredictionView, at: int, count: int, state: CaseState) -> int:
    """The viewer; gives the step through the list that its arrow keys asked for: -1, 0 or 1."""
    wired, session = wiring.here(), who.session()
    case = labeling.case(wired.db, row.case_id)
    shown = images.many(wired.db, [row.image_id])
    data = {
        "mode": "case", "task": None, "api": None, "progress": None,
        "note": f"run {run.id} · case {at + 1} of {count}",
        "cases": [describe.case(case, shown, wired.signer, session)],
        "overlay": _overlay(run, row, state.method),
    }  # fmt: skip
    event = viewer.show(key="case_viewer", data=data)
    return int(event["by"]) if event and event.get("kind") == "step" else 0


def _overlay(run: RunView, row: PredictionView, method: str) -> dict[str, Any] | None:
    wired = wiring.here()
    try:
        with st.spinner("Computing the map …", show_time=False):
            found = explaining.explain(wired.db, wired.settings, run_id=run.id, image_id=row.image_id, method=method)
    except UserError as error:
        st.warning(str(error))
        return None
    url = wired.signer.url(f"/api/map/{found.name}", who.session())
    return {"url": url, "title": f"{found.method}: {found.class_name}", "opacity": 0.45}
