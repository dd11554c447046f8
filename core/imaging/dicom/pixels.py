"""Decode DICOM pixel data to samples in the layout of the store, with what was noticed on the way."""

from typing import TYPE_CHECKING, Any

from core.errors import RejectedFile
from core.imaging.dicom.bits import stored_values
from core.imaging.dicom.colour import colour
from core.imaging.dicom.compression.fragments import WRONG_SYNTAX, is_encapsulated
from core.imaging.dicom.fast_header import ANY_OVERLAY, OVERLAY_DATA, FastHeader
from core.imaging.dicom.grey import grey
from core.imaging.dicom.native import EXPLICIT, decode_native, view_uncompressed
from core.imaging.dicom.photometric import complete_photometric
from core.imaging.dicom.values import count
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from core.imaging.dicom import palette
    from core.imaging.dicom.compression import encapsulated
else:
    encapsulated = LazyModule("core.imaging.dicom.compression.encapsulated")
    palette = LazyModule("core.imaging.dicom.palette")

OVERLAY = "overlay"
NATIVE = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
)


def decode(
    header: Any, data: bytes | None = None, viewed: Array | None = None
) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    """Return samples (frames, rows, columns, channels), their format, and kinds of notes.

    `data` is the whole file if it is in memory; uncompressed pixels are then viewed without a copy. `viewed` are those
    pixels if they have been viewed before.

    Raises:
        RejectedFile: no decoder supports the file, or the pixel data are truncated.
    """
    _require_size(header)
    notes: list[str] = [OVERLAY] if _has_overlay(header) else []
    photometric = complete_photometric(header, notes)
    frames, decoder = viewed if viewed is not None else view_uncompressed(header, data, notes), "numpy"
    if frames is None:
        frames, photometric, decoder = _decoded(header, photometric, notes)
    if frames.ndim == 4:
        samples, format = colour(header, frames, photometric, decoder, notes)
    elif photometric == "PALETTE COLOR":
        samples, format = palette.palette(header, frames, decoder, notes)
    else:
        samples, format = grey(header, frames, decoder, notes)
    return samples, format, tuple(dict.fromkeys(notes))


def stored_frames(header: Any) -> Array:
    """Return the stored values of a data set (frames, rows, columns[, 3]), without modality values or colours.

    Raises:
        RejectedFile: no decoder supports it, or the pixel data are truncated.
    """
    _require_size(header)
    return _decoded(header, complete_photometric(header, []), [])[0]


def _has_overlay(header: Any) -> bool:
    if isinstance(header, FastHeader):
        return bool(header.get("OverlayData"))
    return any(tag & ANY_OVERLAY == OVERLAY_DATA for tag in header.keys())  # noqa: SIM118  (iterating reads all values)


def _require_size(header: Any) -> None:
    rows, columns = count(header, "Rows"), count(header, "Columns")
    if rows < 1 or columns < 1:
        if "Rows" not in header:
            raise RejectedFile("has no image size (Rows, Columns) in its header; it is truncated or damaged.")
        raise RejectedFile(f"has a size of {columns} × {rows} pixels in its header; both must be at least 1.")
    allocated = count(header, "BitsAllocated")
    stored = count(header, "BitsStored", allocated)
    if allocated and not 1 <= stored <= allocated:
        raise RejectedFile(f"has {stored} bits stored in cells of {allocated} (BitsStored); expected 1 to {allocated}.")
    if count(header, "NumberOfFrames") < 0:
        raise RejectedFile(f"declares {count(header, 'NumberOfFrames')} frames; expected at least 1.")


def _decoded(header: Any, photometric: str, notes: list[str]) -> tuple[Array, str, str]:
    """Return stored values, their photometric interpretation and the decoder's name."""
    samples = count(header, "SamplesPerPixel", 1)
    if samples not in (1, 3):
        raise RejectedFile(f"has {samples} samples per pixel; expected 1 (grey) or 3 (colour).")
    syntax = str(header.file_meta.get("TransferSyntaxUID") or "")
    pixels = header.get("PixelData")
    if isinstance(pixels, bytes) and is_encapsulated(pixels):
        return encapsulated.decode_frames(header, pixels, notes)
    if syntax not in NATIVE:
        notes.append(WRONG_SYNTAX)
        header.file_meta.TransferSyntaxUID = EXPLICIT
    frames = decode_native(header, notes)
    return _whole(header, frames, notes), photometric, "pydicom"


def _whole(header: Any, frames: Array, notes: list[str]) -> Array:
    integer = frames.dtype.kind in "iu" and count(header, "BitsAllocated") > 1
    return stored_values(frames, header, notes) if integer else frames
