"""Define the decoded pages of a picture file, and bring them together into one array."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array


@dataclass(frozen=True, slots=True)
class PicturePages:
    """Upright pages (rows, columns, channels): grey, grey and alpha, RGB, or RGB and alpha.

    `bits` are those of a channel, `inverted` means that 0 is white, `frame_ms` is the time between animated frames.
    """

    pages: Sequence[Array]
    bits: int
    decoder: str
    inverted: bool = False
    frame_ms: float | None = None
    notes: tuple[str, ...] = ()


def check_pixels(columns: int, rows: int) -> None:
    """Check a size before anything is decoded, with Pillow's limit.

    Raises:
        RejectedFile: the picture could fill the memory.
    """
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and columns * rows > 2 * limit:
        raise RejectedFile("has too many pixels to decode safely; split or downsample it.")


def require_channels(pages: Sequence[Array]) -> list[Array]:
    """Return the pages with equally many channels: of a colour page a grey one gets three, each opaque.

    Raises:
        RejectedFile: pages of different size or type.
    """
    sizes = {f"{page.shape[1]}x{page.shape[0]}": None for page in pages}
    if len(sizes) > 1:
        raise RejectedFile(
            f"is a file whose pages differ in size ({_some(list(sizes))} pixels); save each page as a separate file."
        )
    types = {page.dtype.name: None for page in pages}
    if len(types) > 1:
        raise RejectedFile(
            f"is a file whose pages differ in depth ({_some(list(types))}); save each as a separate file."
        )
    counts = {page.shape[2] for page in pages}
    if len(counts) == 1:
        return list(pages)
    has_alpha = any(count in (2, 4) for count in counts)
    return [_widened(page, 3 if max(counts) > 2 else 1, has_alpha) for page in pages]


def split_alpha(pages: PicturePages) -> PicturePages:
    """Leave out the last of two or four channels, with a note where it is not opaque everywhere."""
    if pages.pages[0].shape[2] not in (2, 4):
        return pages
    opaque = (1 << pages.bits) - 1 if pages.pages[0].dtype.kind == "u" else 1
    notes = ("alpha",) if any((page[..., -1] != opaque).any() for page in pages.pages) else ()
    return replace(pages, pages=[page[..., :-1] for page in pages.pages], notes=(*pages.notes, *notes))


def collapse_grey(pages: PicturePages) -> PicturePages:
    """Keep one of three channels that are equal on all pages."""
    if pages.pages[0].shape[2] != 3 or not all(_is_grey(page) for page in pages.pages):
        return pages
    return replace(pages, pages=[page[..., :1] for page in pages.pages])


def _is_grey(page: Array) -> bool:
    return bool((page[..., 0] == page[..., 1]).all() and (page[..., 1] == page[..., 2]).all())


def _widened(page: Array, colours: int, has_alpha: bool) -> Array:
    colour = page[..., :-1] if page.shape[2] in (2, 4) else page
    channels = [np.repeat(colour, colours // colour.shape[2], axis=2)]
    if has_alpha:
        opaque = np.full((*page.shape[:2], 1), np.iinfo(page.dtype).max if page.dtype.kind in "iu" else 1, page.dtype)
        channels.append(page[..., -1:] if page.shape[2] in (2, 4) else opaque)
    return np.concatenate(channels, axis=2)


def _some(texts: list[str]) -> str:
    return ", ".join(texts[:3]) + (" …" if len(texts) > 3 else "")
