"""Recognise file formats by their first bytes, without loading what reads them."""

import re
import zlib

from core.imaging.nifti.pair import is_pair_header

PREFIX = b"DICM"
UNPACKED = 1024  # bytes of a gzip file that are looked at
# The first element of a data set without preamble: group 0002 or 0008, little- or big-endian.
BARE = re.compile(rb"\x02\x00[\x00-\x02]\x00|\x08\x00[\x00-\xff][\x00-\x11]|\x00\x08\x00[\x00-\xff]", re.DOTALL)

PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"BM": "BMP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
}
"""The format of a picture by its first bytes."""


def has_preamble(head: bytes) -> bool:
    """Return whether the file has the preamble of DICOM part 10."""
    return head[128:132] == PREFIX


def is_bare(head: bytes) -> bool:
    """Return whether the file starts like a DICOM data set, without the 128 bytes before it."""
    return head.startswith(PREFIX) or (BARE.match(head) is not None and len(head) > 16)


def picture_format(head: bytes) -> str:
    """Return the format of a picture, "" if the first bytes are of none."""
    return next((format for magic, format in PICTURES.items() if head.startswith(magic)), "")


def is_npz(head: bytes) -> bool:
    """Return whether the file is a zip archive whose first member is an array."""
    return head.startswith(b"PK\x03\x04") and b".npy" in head[:300]


def is_nifti(head: bytes) -> bool:
    """Return whether the file is NIfTI-1 or NIfTI-2, possibly compressed with gzip, or a header of a pair."""
    if head.startswith(b"\x1f\x8b"):
        head = _unpacked(head)
    return head[344:348] == b"n+1\x00" or head[4:8] == b"n+2\x00" or is_pair_header(head)


def _unpacked(head: bytes) -> bytes:
    """Return the first bytes of a gzip file, which may have several members (RFC 1952, 2.2), b"" if it is none."""
    content = b""
    while head.startswith(b"\x1f\x8b") and len(content) < UNPACKED:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            content += member.decompress(head, UNPACKED)
        except zlib.error:
            break
        head = member.unused_data
    return content
