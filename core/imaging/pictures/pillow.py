"""Decode pictures of 8 bits, and 16-bit grey PNG, with Pillow."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.pictures.orientation import read_exif, turn_upright
from core.imaging.pictures.pages import PicturePages, require_channels
from core.imaging.voi_lut import Array

SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")
ANIMATED = ("PNG", "GIF")
OF_PRINT = ("CMYK", "LAB")


def read_picture(source: Path | BytesIO) -> PicturePages:
    """Return the picture, or all frames of an animation."""
    import PIL
    from PIL import Image

    with Image.open(source) as picture:
        frames = getattr(picture, "n_frames", 1)
        skipped = int(bool(getattr(picture, "default_image", False) and frames > 1))  # not part of the animation
        animated = picture.format in ANIMATED and frames > 1
        durations: list[float] = []
        numbers = range(skipped, frames) if animated else range(1)
        is_of_print = picture.mode in OF_PRINT
        pages = require_channels(list(_pages(picture, numbers, durations)))
        orientation, notes = read_exif(_exif(picture))
        if is_of_print:
            notes = (*notes, "print_colours")
        if len(pages) > 1:
            notes = (*notes, "frames")
        elif frames - skipped > 1:  # MPO: a JPEG with further pictures, such as previews
            notes = (*notes, "previews")
        return PicturePages(
            pages=[turn_upright(page, orientation) for page in pages],
            bits=pages[0].dtype.itemsize * 8,
            decoder=f"pillow {PIL.__version__}",
            frame_ms=durations[0] if durations and len(set(durations)) == 1 and durations[0] > 0 else None,
            notes=notes,
        )


def read_pages(source: Path | BytesIO, numbers: list[int]) -> list[Array]:
    """Return these pages of a TIFF, turned upright by Pillow."""
    from PIL import Image

    with Image.open(source) as picture:
        return list(_pages(picture, numbers, []))


def _pages(picture: Any, numbers: "range | list[int]", durations: list[float]) -> Iterator[Array]:
    for number in numbers:
        if number:
            picture.seek(number)
        page = _array(picture)
        durations.append(float(picture.info.get("duration") or 0))
        yield page


def _exif(picture: Any) -> bytes | None:
    exif = picture.info.get("exif")
    if exif is None and "Raw profile type exif" in picture.info:  # PNG of ImageMagick
        try:
            exif = bytes.fromhex("".join(picture.info["Raw profile type exif"].split("\n")[3:]))
        except ValueError:
            return b"damaged"
    return exif if isinstance(exif, bytes) else None


def _array(picture: Any) -> Array:
    """Return (rows, columns, channels); the palette becomes its colours."""
    from PIL import ImageChops

    picture.load()
    if picture.mode == "CMYK" and picture.format == "JPEG" and "adobe" not in picture.info:
        picture = ImageChops.invert(picture)  # only Adobe writes the inks inverted, and Pillow takes all files for its
    if picture.mode in (*SIXTEEN, "I"):
        return _sixteen(picture)
    if picture.mode == "F":
        raise RejectedFile("has floating-point grey values in a format where Rounds does not expect them; save a TIFF.")
    is_transparent = "transparency" in picture.info or picture.mode.upper() in ("LA", "PA", "RGBA")
    colours = "L" if picture.mode in ("L", "LA", "1") else "RGB"
    mode = f"{colours}A" if is_transparent else colours
    array = np.asarray(picture.convert(mode), dtype=np.uint8)
    return array if array.ndim == 3 else array[..., np.newaxis]


def _sixteen(picture: Any) -> Array:
    wide = np.asarray(picture)
    if wide.min() < 0 or wide.max() > 65535:
        raise RejectedFile("has 32-bit grey values outside 0 to 65535; save it as a TIFF.")
    grey = wide.astype(np.uint16)
    transparent = picture.info.get("transparency")
    channels = [grey, np.where(grey == transparent, 0, 65535).astype(np.uint16)] if transparent is not None else [grey]
    return np.stack(channels, axis=-1)
