"""Import PNG, JPEG, TIFF and BMP at full bit depth."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.voi_lut import Array, format_of_unsigned

MAGIC = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"BM": "BMP",
}
SIXTEEN = ("I;16", "I;16B", "I;16L", "I;16N")


def recognises(head: bytes) -> bool:
    """Return whether the first bytes are those of PNG, JPEG, TIFF or BMP."""
    return any(head.startswith(magic) for magic in MAGIC)


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one image; the pages of a TIFF are its frames.

    Raises:
        RejectedFile: damaged, without pixels, or too large to decode safely.
    """
    import PIL
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about unusual tags; the import has its own report
            kind, frames = _frames(path if data is None else BytesIO(data))
    except Image.DecompressionBombError as error:
        raise RejectedFile("has too many pixels to decode safely; split or downsample it.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RejectedFile("is a damaged or truncated picture and cannot be decoded.") from error
    if len({frame.shape for frame in frames}) > 1 or len({frame.dtype for frame in frames}) > 1:
        raise RejectedFile(f"is a {kind} whose pages differ in size or depth; save each page as a separate file.")
    stack = np.stack(frames)
    colour = stack.ndim == 4
    samples, format = format_of_unsigned(
        stack, bits=stack.dtype.itemsize * 8, decoder=f"pillow {PIL.__version__}", colour=colour
    )
    yield DecodedImage(item="", samples=samples, format=format)


def _frames(source: Path | BytesIO) -> tuple[str, list[Array]]:
    from PIL import Image, ImageSequence

    with Image.open(source) as picture:
        kind = picture.format or "picture"
        pages = ImageSequence.Iterator(picture) if kind == "TIFF" else [picture]
        return kind, [_array(page) for page in pages]


def _array(picture: "object") -> Array:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    if picture.mode in SIXTEEN:
        return np.asarray(picture, dtype=np.uint16)
    if picture.mode == "I":
        wide = np.asarray(picture)
        if wide.min() < 0 or wide.max() > 65535:
            raise RejectedFile("has 32-bit grey values outside 0 to 65535; save it with 16 bits.")
        return wide.astype(np.uint16)
    if picture.mode == "F":
        raise RejectedFile("has floating-point grey values; save it with 16 bits.")
    if picture.mode in ("L", "1"):
        return np.asarray(picture.convert("L"), dtype=np.uint8)
    colour = np.asarray(picture.convert("RGB"), dtype=np.uint8)
    is_grey = bool((colour[..., 0] == colour[..., 1]).all() and (colour[..., 1] == colour[..., 2]).all())
    return colour[..., 0] if is_grey else colour
