"""Complete the transfer syntax of files that do not say theirs, or that are written in another one."""

from typing import Any

from core.imaging.dicom.compression import codestreams
from core.imaging.dicom.compression.fragments import UNDEFINED, WRONG_SYNTAX, fragments, is_encapsulated
from core.imaging.dicom.native import EXPLICIT, IMPLICIT, PIXEL_DATA

BIG = "1.2.840.10008.1.2.2"
NO_SYNTAX = "no_transfer_syntax"


def complete_syntax(header: Any) -> tuple[str, ...]:
    """Set the transfer syntax that a data set is written in where it names none; return notes."""
    declared = str(header.file_meta.get("TransferSyntaxUID") or "")
    if declared:
        return (
            (WRONG_SYNTAX,) if declared in (IMPLICIT, EXPLICIT) and _implicit(header) != (declared == IMPLICIT) else ()
        )
    implicit, little = header.original_encoding
    plain = BIG if not little else IMPLICIT if implicit else EXPLICIT
    header.file_meta.TransferSyntaxUID = _compressed(header) or plain
    return (NO_SYNTAX,)


def _implicit(header: Any) -> bool:
    """Return whether the first element was read without a VR, whatever the file says."""
    first = header.get_item(next(iter(header.keys())))
    return bool(getattr(first, "is_implicit_VR", header.original_encoding[0]))


def _compressed(header: Any) -> str:
    """Return a transfer syntax of the codec that the pixel data begin with; "" for uncompressed data."""
    element = header.get_item(PIXEL_DATA, keep_deferred=True) if PIXEL_DATA in header else None
    if getattr(element, "length", 0) != UNDEFINED:
        return ""  # and not touched: uncompressed pixels are viewed in the file
    pixels = header.get("PixelData")
    if not isinstance(pixels, bytes) or not is_encapsulated(pixels):
        return ""
    first = next((content for number, (_, content) in enumerate(fragments(pixels)) if number), b"")
    return codestreams.USUAL.get(codestreams.codec_of(first), codestreams.RLE)
