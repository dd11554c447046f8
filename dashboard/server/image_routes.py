"""Routes for pixels: frames, previews of large frames, thumbnails, other images of the same patient."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from core.services.images import image_pixels, images, related_images, sibling_stacks
from core.services.images.images import ImageView
from core.settings import Settings
from dashboard.server import serializers
from dashboard.server.signed_urls import Signer
from db import Database

PRIVATE = {"Cache-Control": "private, max-age=3600, immutable"}
FRESH = {"Cache-Control": "no-store"}  # an answer with URLs that expire
# Streamlit would gzip every answer again; a named encoding tells its middleware to leave this one alone.
RAW = {**PRIVATE, "Content-Encoding": "identity", "Content-Type": "application/octet-stream"}
AT_ONCE, CHUNK = 4 << 20, 1 << 19  # bytes: a longer frame is sent in chunks, so that many readers need little memory


@dataclass(frozen=True)
class PixelApi:
    """The pixel routes of one home; all of them are signed."""

    db: Database
    settings: Settings

    def pixels(self, request: Request, _body: None) -> Response:
        """Return the samples of one frame, raw and little-endian."""
        view = self._image(request)
        span = image_pixels.frame(self.settings, view, request.path_params["frame"])
        if span.length <= AT_ONCE:
            with image_pixels.missing_pixels(view):
                return Response(next(span.chunks(span.length)), headers=RAW)
        return StreamingResponse(span.chunks(CHUNK), headers={**RAW, "Content-Length": str(span.length)})

    def preview(self, request: Request, _body: None) -> Response:
        """Return every X-Step-th sample of a frame in both directions, raw and little-endian."""
        content, step = image_pixels.preview_of(self.settings, self._image(request), request.path_params["frame"])
        return Response(content, headers={**RAW, "X-Step": str(step)})

    def thumbnail(self, request: Request, _body: None) -> Response:
        """Return a JPEG of the middle frame."""
        path = image_pixels.thumbnail(self.settings, self._image(request))
        return FileResponse(path, media_type="image/jpeg", headers=PRIVATE)

    def _image(self, request: Request) -> ImageView:
        return images.get(self.db, request.path_params["image"])


def others(db: Database, signer: Signer, session: str, image_id: int) -> Response:
    """Return the other images and series of the same patient, each with fresh URLs."""
    stacks = [
        {
            "id": stack.id,
            "title": stack.title,
            "images": [serializers.image(view, signer, session) for view in stack.images],
        }
        for stack in related_images.related_stacks(db, image_id)
    ]
    return JSONResponse({"stacks": stacks}, headers=FRESH)


def siblings(db: Database, signer: Signer, session: str, series_id: int) -> Response:
    """Return title and URL of each stack that lies beside a stack, in order; `reason` says why there are none."""
    beside = sibling_stacks.side_by_side(db, series_id)
    stacks = [
        {"id": stack.id, "title": stack.title, "url": signer.url(f"/api/stack/{stack.id}", session)}
        for stack in beside.stacks
    ]
    return JSONResponse({"stacks": stacks, "reason": beside.reason}, headers=FRESH)


def stack(db: Database, signer: Signer, session: str, series_id: int) -> Response:
    """Return the images of a stack in their order, each with fresh URLs."""
    shown = [serializers.image(view, signer, session) for view in images.series(db, series_id)]
    return JSONResponse({"images": shown}, headers=FRESH)
