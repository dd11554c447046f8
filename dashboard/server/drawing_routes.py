"""Routes of the drawing tool; `dashboard.server.routes` signs them."""

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
    """The drawings of one catalogue."""

    db: Database

    def standing(self, request: Request, _body: None) -> Response:
        """Return the current drawings of a case."""
        views = drawings.standing(self.db, request.path_params["case"])
        return JSONResponse({"drawings": [as_json(view) for view in views]}, headers={"Cache-Control": "no-store"})

    def draw(self, request: Request, body: Any) -> Response:
        """Store one edit of a reader: a new drawing, a new version of it, or its deletion; a repeat changes nothing.

        Raises:
            InvalidInput: a case of another task, or a geometry that does not fit its shape.
        """
        case_id, label = int(body["case"]), body.get("label")
        if annotations.case(self.db, case_id).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")
        made = drawings.draw(
            self.db,
            case_id=case_id,
            image_id=int(body["image"]),
            frame=int(body["frame"]),
            key=str(body["key"]),
            shape=str(body["shape"]),
            geometry=body["geometry"],
            label=None if label is None else int(label),
            erased=body.get("erased") is True,
            by=request.query_params["by"],
            client=str(body["client"]),
        )
        return JSONResponse({"drawing": as_json(made)})


def as_json(view: DrawingView) -> dict[str, Any]:
    """Return a drawing as the viewer reads it."""
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
