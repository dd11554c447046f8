"""What the drawing tool asks and posts; the routes stand in `dashboard.server.routes`, signed there."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import InvalidInput
from core.services.annotation import annotations, drawings
from core.services.annotation.drawings import DrawingView
from db import Database


@dataclass(frozen=True)
class DrawingApi:
    """The drawings of one home."""

    db: Database

    def standing(self, request: Request, _said: None) -> Response:
        """Every drawing of a case as it stands."""
        found = drawings.standing(self.db, request.path_params["case"])
        return JSONResponse({"drawings": [as_json(one) for one in found]}, headers={"Cache-Control": "no-store"})

    def draw(self, request: Request, said: Any) -> Response:
        """One stroke of a reader: a new drawing, a newer version of it, or its end; twice the same is one."""
        case_id, label = int(said["case"]), said.get("label")
        if annotations.case(self.db, case_id).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")
        made = drawings.draw(
            self.db,
            case_id=case_id,
            image_id=int(said["image"]),
            frame=int(said["frame"]),
            key=str(said["key"]),
            shape=str(said["shape"]),
            geometry=said["geometry"],
            label=None if label is None else int(label),
            erased=said.get("erased") is True,
            by=request.query_params["by"],
            client=str(said["client"]),
        )
        return JSONResponse({"drawing": as_json(made)})


def as_json(view: DrawingView) -> dict[str, Any]:
    """A drawing as the viewer reads it."""
    return {
        "key": view.key,
        "image": view.image_id,
        "frame": view.frame,
        "shape": view.shape,
        "geometry": view.geometry,
        "label": view.label,
        "reader": view.reader,
        "at": view.at,
        "erased": view.erased,
    }
