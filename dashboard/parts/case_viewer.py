"""A predicted case in the viewer, under the map of what the model looked at."""

from core.services import explaining, images, labeling
from core.services.predicting import PredictionView
from core.services.runs import RunView
from dashboard import describe, who, wiring
from dashboard.parts import viewer
from dashboard.state import CaseState


def show(run: RunView, row: PredictionView, at: int, count: int, state: CaseState) -> int:
    """The viewer; gives the step through the list that its arrow keys asked for: -1, 0 or 1."""
    wired, session = wiring.here(), who.session()
    method = state.method or next((name for name, _ in explaining.methods(wired.db, run.id)), "")
    case = labeling.case(wired.db, row.case_id)
    shown = images.many(wired.db, [row.image_id])
    data = {
        "mode": "case", "task": None, "api": None, "progress": None,
        "note": f"run {run.id} · case {at + 1} of {count}",
        "cases": [describe.case(case, shown, wired.signer, session)],
        "overlay": {"url": wired.signer.url(f"/api/map/{run.id}/{row.image_id}/{method}", session)} if method else None,
    }  # fmt: skip
    event = viewer.show(key="case_viewer", data=data)
    return int(event["by"]) if event and event.get("kind") == "step" else 0
