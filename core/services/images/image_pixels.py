"""Locate the pixels of images as a viewer reads them: frames, previews of large ones, thumbnails."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import NotFound
from core.imaging import preview
from core.imaging.store import Store
from core.lazy_modules import LazyModule
from core.services.images.images import ImageView
from core.settings import Settings

if TYPE_CHECKING:
    from core.imaging import voi_lut
else:
    voi_lut = LazyModule("core.imaging.voi_lut")


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Where the samples of a frame lie: `length` bytes from `offset` of a file, raw and little-endian."""

    path: Path
    offset: int
    length: int

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield the bytes, `size` at a time."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            left = self.length
            while left > 0 and (chunk := file.read(min(size, left))):
                left -= len(chunk)
                yield chunk


def frame(settings: Settings, view: ImageView, number: int) -> FrameSpan:
    """Locate a frame; its file is as long as it must be.

    Raises:
        NotFound: there is no such frame, or the pixels are gone.
    """
    _check_frame(view, number)
    length = view.format.frame_bytes
    with missing_pixels(view):
        return FrameSpan(whole_file(settings, view), view.offset + number * length, length)


def has_preview(view: ImageView) -> bool:
    """Return whether the image is so large that a preview of it comes first."""
    return preview.is_large(view.format)


def preview_of(settings: Settings, view: ImageView, number: int) -> tuple[bytes, int]:
    """Return every n-th sample of a frame, raw, and n.

    Raises:
        NotFound: there is no such frame, or the pixels are gone.
    """
    _check_frame(view, number)
    step = preview.preview_step(view.format)
    with missing_pixels(view):
        samples = voi_lut.read_samples(whole_file(settings, view), view.format, offset=view.offset, frame=number)
        return preview.decimate(samples, step).tobytes(), step


def thumbnail(settings: Settings, view: ImageView) -> Path:
    """Return the JPEG of the middle frame at the stack's window, made where it is missing.

    Raises:
        NotFound: the pixels are gone.
    """
    with missing_pixels(view):
        store, window = Store(settings.home), _stack_window(view)
        return store.thumbnail(view.sha256, view.item, view.offset, view.format, window=window)


def _stack_window(view: ImageView) -> str:
    """Name the window of a stack, so that a thumbnail at another window is drawn anew; "" for the image's own."""
    window = view.stack.window if view.stack else None
    return f"{window.center:g}_{window.width:g}_{window.function}" if window else ""


def _check_frame(view: ImageView, number: int) -> None:
    if not 0 <= number < view.format.frames:
        raise NotFound(f"Image {view.id} has {view.format.frames} frames; there is no frame {number}.")


def whole_file(settings: Settings, view: ImageView) -> Path:
    """Return the pixels' file, as long as it must be: an answer that has begun cannot turn into an error.

    Raises:
        FileNotFoundError: the pixels are gone; see `missing_pixels`.
    """
    path = Store(settings.home).pixels(view.sha256)
    if path.stat().st_size < view.offset + view.format.nbytes:
        raise FileNotFoundError(path)
    return path


@contextmanager
def missing_pixels(view: ImageView) -> Iterator[None]:
    """Raise a missing file as NotFound, with the way out."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(
            f"The pixels of image {view.id} are gone from the store; import its file '{view.name}' again."
        ) from error
