"""Routes for pixels, thumbnails, saliency maps and labels: signed, bound to one browser, by id only."""

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
        """Return all routes under /api."""
        get, post = ["GET"], ["POST"]
        drawings = DrawingApi(self.db)
        comments = CommentApi(self.db)
        pixels = PixelApi(self.db, self.settings)
        return [
            Route("/api/pixels/{image:int}/{frame:int}", self._signed(pixels.pixels), methods=get),
            Route("/api/preview/{image:int}/{frame:int}", self._signed(pixels.preview), methods=get),
            Route("/api/thumbnail/{image:int}", self._signed(pixels.thumbnail), methods=get),
            Route("/api/companions/{image:int}", self._signed(self.companions), methods=get),
            Route("/api/siblings/{series:int}", self._signed(self.siblings), methods=get),
            Route("/api/stack/{series:int}", self._signed(self.stack), methods=get),
            Route("/api/map/{run:int}/{image:int}/{method}", self._signed(self.map), methods=get),
            Route("/api/map/{run:int}/{image:int}/{method}/{shown}/{layer}", self._signed(self.map), methods=get),
            Route("/api/samples/{name}/{number:int}", self._signed(SampleApi(self.settings).picture), methods=get),
            Route("/api/queue", self._signed(self.queue), methods=get),
            Route("/api/labels", self._signed(self.labels), methods=post),
            Route("/api/undo", self._signed(self.undo), methods=post),
            Route("/api/comments", self._signed(comments.post), methods=post),
            Route("/api/comments/{case:int}", self._signed(comments.of_case), methods=get),
            Route("/api/drawings/{case:int}", self._signed(drawings.standing), methods=get),
            Route("/api/drawings", self._signed(drawings.draw), methods=post),
            Route("/api/viewer/{version}/{file:path}", module, methods=get),
            # Streamlit's own page asks for this; a page_icon would have it load numpy and Pillow at every start, and a
            # symbol by name would be fetched from a stranger's server.
            Route("/favicon.png", icon, methods=get),
        ]

    def _signed(self, answer: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        """Return an endpoint that checks the signature, runs `answer` in a thread and turns a UserError into a 4xx."""

        async def endpoint(request: Request) -> Response:
            session = self.session_of(request)
            if not self.signer.holds(request.url.path, session, request.query_params):
                return PlainTextResponse("This link is invalid or has expired; reload the page.", 403)
            try:
                body = await request.json() if request.method == "POST" else None
                return await run_in_threadpool(answer, request, body)
            except CatalogueUnusable as error:
                return JSONResponse({"error": str(error)}, 503)  # the viewer keeps its answer and tries again
            except NotFound as error:
                return JSONResponse({"error": str(error)}, 404)
            except UserError as error:
                return JSONResponse({"error": str(error)}, 422)
            except OSError as error:
                return JSONResponse({"error": describe_os_error(error)}, 503)
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # the last: nested too deeply
                return JSONResponse({"error": "Invalid request; reload the page."}, 400)

        return endpoint

    def companions(self, request: Request, _body: None) -> Response:
        """Return the other images and series of the same patient."""
        return image_routes.others(self.db, self.signer, self.session_of(request), request.path_params["image"])

    def siblings(self, request: Request, _body: None) -> Response:
        """Return the stacks to lay beside a stack: other phases, echoes or b-values of its places."""
        return image_routes.siblings(self.db, self.signer, self.session_of(request), request.path_params["series"])

    def stack(self, request: Request, _body: None) -> Response:
        """Return the images of a stack."""
        return image_routes.stack(self.db, self.signer, self.session_of(request), request.path_params["series"])

    def map(self, request: Request, _body: None) -> Response:
        """Return the saliency map of a run on an image, computed on the first request.

        The class and the layer may be in the path; `saliency_urls.MOST` and `saliency_urls.USUAL` are the defaults.
        """
        parameters = request.path_params
        shown, layer = parameters.get("shown", saliency_urls.MOST), parameters.get("layer", saliency_urls.USUAL)
        saliency = maps.explain(
            self.db,
            self.settings,
            run_id=parameters["run"],
            image_id=parameters["image"],
            method=parameters["method"],
            class_index=None if shown == saliency_urls.MOST else int(shown),
            layer="" if layer == saliency_urls.USUAL else layer,
        )
        warnings = map_warnings.map_warnings(self.db, self.settings, parameters["image"], saliency).warnings
        headers = {"X-Title": quote(saliency.title), "X-Warnings": quote("; ".join(warnings))}
        return FileResponse(saliency.path, media_type="image/png", headers=PRIVATE | headers)

    def queue(self, request: Request, _body: None) -> Response:
        """Return the next cases of a task, with fresh URLs."""
        query = request.query_params
        cases = serializers.queue(
            self.db,
            self.signer,
            self.session_of(request),
            task_id=int(query["task"]),
            only=query["only"],
            after=int(query.get("after", "0")),
            limit=max(1, min(int(query.get("limit", "12")), 50)),
        )
        return JSONResponse({"cases": cases}, headers={"Cache-Control": "no-store"})

    def labels(self, request: Request, body: Any) -> Response:
        """Store one answer of a reader; the same key again changes nothing.

        Raises:
            InvalidInput: a case of another task, no valid key, or an answer that does not fit the task.
        """
        answer = Answer(body["answer"])
        if answer is Answer.WITHDRAWN:
            raise InvalidInput("A label cannot withdraw an answer; use undo.")
        self._check_task(request, body)
        label, value = body.get("label"), body.get("value")
        view = annotations.label(
            self.db,
            case_id=int(body["case"]),
            answer=answer,
            label=None if label is None else int(label),
            value=None if value is None else float(value),
            findings={int(at): str(word) for at, word in dict(body.get("findings") or {}).items()},
            reason=str(body.get("reason") or ""),
            by=request.query_params["by"],
            key=_key(body),
        )
        return self._current(view)

    def undo(self, request: Request, body: Any) -> Response:
        """Undo the reader's last answer on a case."""
        self._check_task(request, body)
        by = request.query_params["by"]
        return self._current(annotations.undo(self.db, case_id=int(body["case"]), by=by, key=_key(body)))

    def _check_task(self, request: Request, body: Any) -> None:
        """Refuse a case of another task: the URL was signed for one task only."""
        if annotations.case(self.db, int(body["case"])).task_id != int(request.query_params["task"]):
            raise InvalidInput("This case belongs to another task; reload the page.")

    def _current(self, view: CaseView) -> Response:
        case, progress = (
            {"id": view.id, **serializers.current_answer(view)},
            annotations.progress(self.db, view.task_id),
        )
        return JSONResponse({"case": case, "progress": asdict(progress)})


def _key(body: Any) -> str:
    key = str(body["key"])
    if not 8 <= len(key) <= 80:
        raise InvalidInput("The answer has no valid key; reload the page.")
    return f"label:{key}"


async def module(request: Request) -> Response:
    """Return a file of the viewer by its name in the list of files; it contains no patient data."""
    name = request.path_params["file"]
    if name not in files():
        return PlainTextResponse("File not found.", 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(VIEWER / name, media_type=MODULES[Path(name).suffix], headers=headers)


async def icon(_request: Request) -> Response:
    """Return the icon of the browser tab."""
    return FileResponse(
        DASHBOARD / "icon.png", media_type="image/png", headers={"Cache-Control": "public, max-age=86400"}
    )


@lru_cache(maxsize=1)
def files() -> frozenset[str]:
    """Return the viewer's modules and styles, by their path below the viewer's folder."""
    return frozenset(path.relative_to(VIEWER).as_posix() for path in VIEWER.rglob("*") if path.suffix in MODULES)


@lru_cache(maxsize=1)
def version() -> str:
    """Return the hash of the viewer's files, so that a browser never runs an old version."""
    return hashlib.sha256(b"".join((VIEWER / name).read_bytes() for name in sorted(files()))).hexdigest()[:12]
