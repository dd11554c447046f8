"""Routes for comments: list those of a case, add or delete one."""

from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import InvalidInput
from core.services.annotation import annotations, comments
from core.services.annotation.comments import CommentView, Place
from db import Database


@dataclass(frozen=True)
class CommentApi:
    """The comments of one catalogue; every URL that leads here is signed."""

    db: Database

    def of_case(self, request: Request, _body: None) -> Response:
        """Return the comments of a case."""
        return self._current(request.path_params["case"])

    def post(self, request: Request, body: Any) -> Response:
        """Add a comment of a reader, or delete one; the same key again changes nothing.

        Raises:
            InvalidInput: a case of another task, or no valid key.
        """
        case_id, by = int(body["case"]), request.query_params["by"]
        if annotations.case(self.db, case_id).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")
        key = f"comment:{body['key']}"
        if not 16 <= len(key) <= 88:
            raise InvalidInput("The comment has no valid key; reload the page.")
        if body.get("withdraws") is None:
            comments.comment(self.db, case_id=case_id, text=str(body["text"]), by=by, key=key, place=_place(body))
        else:
            comments.withdraw(self.db, comment_id=int(body["withdraws"]), by=by, key=key)
        return self._current(case_id)

    def _current(self, case_id: int) -> Response:
        views = [_as_json(view) for view in comments.of_case(self.db, case_id)]
        return JSONResponse({"of": case_id, "comments": views}, headers={"Cache-Control": "no-store"})


def _place(body: Any) -> Place | None:
    if body.get("x") is None:
        return None
    return Place(int(body["image"]), int(body.get("frame") or 0), float(body["x"]), float(body["y"]))


def _as_json(view: CommentView) -> dict[str, Any]:
    place = asdict(view.place) if view.place else {"image": None, "frame": 0, "x": None, "y": None}
    return {"id": view.id, "reader": view.reader, "text": view.text, "at": view.at, **place}
