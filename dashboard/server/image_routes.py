"""Routes for what is seen: frames, previews of large ones, thumbnails, the patient's other pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from core.errors import NotFound
from core.imaging import preview
from core.imaging.store import Store
from core.services.images import images, related_images
from core.services.images.images import ImageView
from core.settings import Settings
from dashboard.server import serializers
from dashboard.server.signed_urls import Signer
from db import Database

PRIVATE = {"Cache-Control": "private, max-age=3600, immutable"}
# Streamlit would gzip every answer again; a named encoding tells its middleware to leave this one alone.
RAW = {**PRIVATE, "Content-Encoding": "identity", "Content-Type": "application/octet-stream"}
AT_ONCE, CHUNK = 4 << 20, 1 << 19  # bytes: a longer frame goes out in chunks, so that many readers cost little memory


@dataclass(frozen=True)
class PixelApi:
    """The routes of one home; all of them are signed."""

    db: Database
    settings: Settings

    def pixels(self, request: Request, _said: None) -> Response:
        """One frame's samples, raw and little-endian."""
        view, frame = self._asked(request)
        length = view.format.frame_bytes
        with _found(view):
            path, start = self._whole(view), view.offset + frame * length
            if length <= AT_ONCE:
                return Response(next(_chunks(path, start, length, length)), headers=RAW)
        chunks = _chunks(path, start, length, CHUNK)
        return StreamingResponse(chunks, headers={**RAW, "Content-Length": str(length)})

    def preview(self, request: Request, _said: None) -> Response:
        """Every X-Step-th sample of a frame, raw like the pixels."""
        from core.imaging.voi_lut import read_samples

        view, frame = self._asked(request)
        step = preview.step_of(view.format)
        with _found(view):
            samples = read_samples(self._whole(view), view.format, offset=view.offset, frame=frame)
            small = preview.decimated(samples, step)
        return Response(small.tobytes(), headers={**RAW, "X-Step": str(step)})

    def thumbnail(self, request: Request, _said: None) -> Response:
        """A JPEG of the middle frame."""
        view = images.get(self.db, request.path_params["image"])
        with _found(view):
            path = Store(self.settings.home).thumbnail(view.sha256, view.item, view.offset, view.format)
        return FileResponse(path, media_type="image/jpeg", headers=PRIVATE)

    def _asked(self, request: Request) -> tuple[ImageView, int]:
        view = images.get(self.db, request.path_params["image"])
        frame: int = request.path_params["frame"]
        if not 0 <= frame < view.format.frames:
            raise NotFound(f"Image {view.id} has {view.format.frames} frames; there is no frame {frame}.")
        return view, frame

    def _whole(self, view: ImageView) -> Path:
        """Its pixels' file, as long as it must be: an answer that has begun cannot turn into a sentence."""
        path = Store(self.settings.home).pixels(view.sha256)
        if path.stat().st_size < view.offset + view.format.nbytes:
            raise FileNotFoundError(path)
        return path


def others(db: Database, signer: Signer, session: str, image_id: int) -> Response:
    """The same patient's other pictures and series, each with fresh URLs."""
    found = [
        {
            "id": stack.id,
            "title": stack.title,
            "images": [serializers.image(one, signer, session) for one in stack.images],
        }
        for stack in related_images.of(db, image_id)
    ]
    return JSONResponse({"stacks": found}, headers={"Cache-Control": "no-store"})


def _chunks(path: Path, start: int, length: int, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(size, length))):
            length -= len(chunk)
            yield chunk


@contextmanager
def _found(view: ImageView) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(
            f"The pixels of image {view.id} are gone from the store; import its file '{view.name}' again."
        ) from error
