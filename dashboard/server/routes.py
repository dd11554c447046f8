"""Routes for pixels, thumbnails, maps and labels: signed, bound to a browser, and by id only."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import CatalogueUnusable, InvalidInput, NotFound, UserError, describe_os_error
from core.lazy_modules import LazyModule
from core.services.annotation import annotations
from core.services.annotation.case_views import CaseView
from core.settings import Settings
from dashboard.server import image_routes, saliency_urls, serializers
from dashboard.server.comment_routes import CommentApi
from dashboard.server.drawing_routes import DrawingApi
from dashboard.server.image_routes import PRIVATE, PixelApi
from dashboard.server.sample_routes import SampleApi
from dashboard.server.signed_urls import Signer
from db import Database
from db.vocabulary import Answer

if TYPE_CHECKING:
    from core.services.saliency import map_warnings, maps
else:
    maps = LazyModule("core.services.saliency.maps")
    map_warnings = LazyModule("core.services.saliency.map_warnings")

MODULES = {".js": "text/javascript", ".css": "text/css"}
DASHBOARD = Path(__file__).parents[1]
VIEWER = DASHBOARD / "viewer"


@dataclass(frozen=True)
class Api:
    """The routes of one home."""

    db: Database
    settings: Settings
    signer: Signer
    session_of: Callable[[Request], str]

    def routes(self) -> list[Route]:
        """Everything under /api."""
        get, post = ["GET"], ["POST"]
        drawn = DrawingApi(self.db)
        comments = CommentApi(self.db)
        seen = PixelApi(self.db, self.settings)
        return [
            Route("/api/pixels/{image:int}/{frame:int}", self._signed(seen.pixels), methods=get),
            Route("/api/preview/{image:int}/{frame:int}", self._signed(seen.preview), methods=get),
            Route("/api/thumbnail/{image:int}", self._signed(seen.thumbnail), methods=get),
            Route("/api/companions/{image:int}", self._signed(self.companions), methods=get),
            Route("/api/map/{run:int}/{image:int}/{method}", self._signed(self.map), methods=get),
            Route("/api/map/{run:int}/{image:int}/{method}/{shown}/{layer}", self._signed(self.map), methods=get),
            Route("/api/samples/{name}/{number:int}", self._signed(SampleApi(self.settings).picture), methods=get),
            Route("/api/queue", self._signed(self.queue), methods=get),
            Route("/api/labels", self._signed(self.labels), methods=post),
            Route("/api/undo", self._signed(self.undo), methods=post),
            Route("/api/comments", self._signed(comments.post), methods=post),
            Route("/api/comments/{case:int}", self._signed(comments.of_case), methods=get),
            Route("/api/drawings/{case:int}", self._signed(drawn.standing), methods=get),
            Route("/api/drawings", self._signed(drawn.draw), methods=post),
            Route("/api/viewer/{version}/{file:path}", module, methods=get),
            # Streamlit's own page asks for this; a page_icon would have it load numpy and Pillow at every start, and a
            # symbol by name would be fetched from a stranger's server.
            Route("/favicon.png", icon, methods=get),
        ]

    def _signed(self, answer: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        """Run `answer` in a thread once the signature holds; a UserError is a 4xx with its sentence."""

        async def endpoint(request: Request) -> Response:
            session = self.session_of(request)
            if not self.signer.holds(request.url.path, session, request.query_params):
                return PlainTextResponse("This address is not valid here, or no longer; reload the page.", 403)
            try:
                said = await request.json() if request.method == "POST" else None
                return await run_in_threadpool(answer, request, said)
            except CatalogueUnusable as error:
                return JSONResponse({"error": str(error)}, 503)  # the viewer keeps its answer and tries again
            except NotFound as error:
                return JSONResponse({"error": str(error)}, 404)
            except UserError as error:
                return JSONResponse({"error": str(error)}, 422)
            except OSError as error:
                return JSONResponse({"error": describe_os_error(error)}, 503)
            except (ValueError, KeyError, TypeError, OverflowError):
                return JSONResponse({"error": "The request is not understood; reload the page."}, 400)

        return endpoint

    def companions(self, request: Request, _said: None) -> Response:
        """The same patient's other pictures and series."""
        return image_routes.others(self.db, self.signer, self.session_of(request), request.path_params["image"])

    def map(self, request: Request, _said: None) -> Response:
        """Where a run looked on an image: computed when first asked for, while the image itself is on the screen.

        The class and the layer may stand in the path, `maps.MOST` and `maps.USUAL` being the model's own choice.
        """
        asked = request.path_params
        shown, layer = asked.get("shown", saliency_urls.MOST), asked.get("layer", saliency_urls.USUAL)
        found = maps.explain(
            self.db,
            self.settings,
            run_id=asked["run"],
            image_id=asked["image"],
            method=asked["method"],
            class_index=None if shown == saliency_urls.MOST else int(shown),
            layer="" if layer == saliency_urls.USUAL else layer,
        )
        told = map_warnings.map_warnings(self.db, self.settings, asked["image"], found).warnings
        said = {"X-Title": quote(found.title), "X-Warnings": quote("; ".join(told))}
        return FileResponse(found.path, media_type="image/png", headers=PRIVATE | said)

    def queue(self, request: Request, _said: None) -> Response:
        """The next cases of a task, with fresh URLs."""
        asked = request.query_params
        found = serializers.queue(
            self.db,
            self.signer,
            self.session_of(request),
            task_id=int(asked["task"]),
            only=asked["only"],
            after=int(asked.get("after", "0")),
            limit=max(1, min(int(asked.get("limit", "12")), 50)),
        )
        return JSONResponse({"cases": found}, headers={"Cache-Control": "no-store"})

    def labels(self, request: Request, said: Any) -> Response:
        """One answer of a reader; the same key again changes nothing."""
        answer = Answer(said["answer"])
        if answer is Answer.WITHDRAWN:
            raise InvalidInput("An answer is taken back by undo, not by a label.")
        self._belongs(request, said)
        label, value = said.get("label"), said.get("value")
        view = annotations.label(
            self.db,
            case_id=int(said["case"]),
            answer=answer,
            label=None if label is None else int(label),
            value=None if value is None else float(value),
            findings={int(at): str(word) for at, word in dict(said.get("findings") or {}).items()},
            reason=str(said.get("reason") or ""),
            by=request.query_params["by"],
            key=_key(said),
        )
        return self._done(view)

    def undo(self, request: Request, said: Any) -> Response:
        """Take the reader's last answer on a case back."""
        self._belongs(request, said)
        by = request.query_params["by"]
        return self._done(annotations.undo(self.db, case_id=int(said["case"]), by=by, key=_key(said)))

    def _belongs(self, request: Request, said: Any) -> None:
        """The URL was signed for one task: a case of another is none of its business."""
        if annotations.case(self.db, int(said["case"])).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")

    def _done(self, view: CaseView) -> Response:
        case, far = {"id": view.id, **serializers.current_answer(view)}, annotations.progress(self.db, view.task_id)
        return JSONResponse({"case": case, "progress": asdict(far)})


def _key(said: Any) -> str:
    key = str(said["key"])
    if not 8 <= len(key) <= 80:
        raise InvalidInput("The answer carries no proper key; reload the page.")
    return f"label:{key}"


async def module(request: Request) -> Response:
    """A file of the viewer, from the list of what lies there; it holds no data of anybody."""
    name = request.path_params["file"]
    if name not in files():
        return PlainTextResponse("There is no such file.", 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(VIEWER / name, media_type=MODULES[Path(name).suffix], headers=headers)


async def icon(_request: Request) -> Response:
    """The mark in the browser's tab."""
    return FileResponse(
        DASHBOARD / "icon.png", media_type="image/png", headers={"Cache-Control": "public, max-age=86400"}
    )


@lru_cache(maxsize=1)
def files() -> frozenset[str]:
    """Return the viewer's modules and styles, by their path below the viewer's folder."""
    return frozenset(path.relative_to(VIEWER).as_posix() for path in VIEWER.rglob("*") if path.suffix in MODULES)


@lru_cache(maxsize=1)
def version() -> str:
    """Changes when a module does, so that no browser runs yesterday's viewer."""
    return hashlib.sha256(b"".join((VIEWER / name).read_bytes() for name in sorted(files()))).hexdigest()[:12]
