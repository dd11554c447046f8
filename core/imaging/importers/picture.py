"""Import PNG, JPEG, TIFF, BMP, GIF, JPEG 2000 and JPEG XL at full bit depth."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np

from core.errors import RejectedFile
from core.imaging.colour_depth import stored_colour
from core.imaging.decoded_image import DecodedImage
from core.imaging.importers.signatures import picture_format
from core.imaging.pictures.jpeg import read_jpeg
from core.imaging.pictures.jpeg2000 import read_jpeg2000, read_jpeg_xl
from core.imaging.pictures.pages import PicturePages, collapse_grey, split_alpha
from core.imaging.pictures.pillow import read_picture
from core.imaging.pictures.png import read_png
from core.imaging.pictures.tiff import read_tiff
from core.imaging.pixel_format import PixelFormat
from core.imaging.real_values import encode_values, format_of_values
from core.imaging.voi_lut import Array, format_of_unsigned

READERS: dict[str, Callable[[Path | BytesIO], PicturePages]] = {
    "PNG": read_png,
    "JPEG": read_jpeg,
    "TIFF": read_tiff,
    "BMP": read_picture,
    "GIF": read_picture,
    "JPEG 2000": read_jpeg2000,
    "JPEG XL": read_jpeg_xl,
}
"""The reader of each format of `signatures.PICTURES`."""


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one image; the pages of a TIFF and the frames of an animation are its frames.

    Raises:
        RejectedFile: damaged, without pixels, too large to decode safely, or colours of more than 16 bits.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about unusual tags; the import has its own report
            pages = _reader(path, data)(path if data is None else BytesIO(data))
    except (RejectedFile, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise RejectedFile("has too many pixels to decode safely; split or downsample it.") from error
    except Exception as error:  # each codec has errors of its own
        raise RejectedFile("is a damaged or truncated picture and cannot be decoded.") from error
    pages = collapse_grey(split_alpha(pages))
    samples, format, notes = _format(pages, np.stack(pages.pages))
    yield DecodedImage(item="", samples=samples, format=format, notes=(*pages.notes, *notes))


def _reader(path: Path, data: bytes | None) -> Callable[[Path | BytesIO], PicturePages]:
    return READERS[picture_format(data[:16] if data is not None else _head(path))]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _format(pages: PicturePages, stack: Array) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    """Return samples (frames, rows, columns, channels), their format, and notes."""
    photometric = "MONOCHROME1" if pages.inverted else "MONOCHROME2"
    if stack.dtype.kind == "c":
        raise RejectedFile("has complex numbers as pixels; save their magnitude.")
    if stack.shape[3] == 3:
        colour, bits = stored_colour(stack, pages.bits)
        samples, format = format_of_unsigned(colour, bits=bits, decoder=pages.decoder, colour=True)
        return samples, replace(format, frame_ms=pages.frame_ms), ()
    if stack.dtype in (np.uint8, np.uint16):
        stack = np.ascontiguousarray(stack)
        samples, format = format_of_unsigned(stack, bits=pages.bits, decoder=pages.decoder)
        return samples, replace(format, photometric=photometric, frame_ms=pages.frame_ms), ()
    encoded = encode_values(stack[..., 0])
    format = format_of_values(encoded, decoder=pages.decoder, photometric=photometric)
    return encoded.samples[..., np.newaxis], format, encoded.notes
