"""Routes for comments: what stands of a case, and one more."""

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

    def of_case(self, request: Request, _said: None) -> Response:
        """What stands of a case."""
        return self._standing(request.path_params["case"])

    def post(self, request: Request, said: Any) -> Response:
        """One more comment of a reader, or one taken back; the same key again changes nothing."""
        case_id, by = int(said["case"]), request.query_params["by"]
        if annotations.case(self.db, case_id).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")
        key = f"comment:{said['key']}"
        if not 16 <= len(key) <= 88:
            raise InvalidInput("The comment carries no proper key; reload the page.")
        if said.get("withdraws") is None:
            comments.comment(self.db, case_id=case_id, text=str(said["text"]), by=by, key=key, place=_place(said))
        else:
            comments.withdraw(self.db, comment_id=int(said["withdraws"]), by=by, key=key)
        return self._standing(case_id)

    def _standing(self, case_id: int) -> Response:
        found = [_described(one) for one in comments.of_case(self.db, case_id)]
        return JSONResponse({"of": case_id, "comments": found}, headers={"Cache-Control": "no-store"})


def _place(said: Any) -> Place | None:
    if said.get("x") is None:
        return None
    return Place(int(said["image"]), int(said.get("frame") or 0), float(said["x"]), float(said["y"]))


def _described(one: CommentView) -> dict[str, Any]:
    place = asdict(one.place) if one.place else {"image": None, "frame": 0, "x": None, "y": None}
    return {"id": one.id, "reader": one.reader, "text": one.text, "at": one.at, **place}
