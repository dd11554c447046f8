"""Find the fragments of compressed pixel data (PS3.5 A.4)."""

import struct
from collections.abc import Iterator

ITEM, END, UNDEFINED = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0", 0xFFFFFFFF
WRONG_SYNTAX = "wrong_transfer_syntax"


def is_encapsulated(pixels: bytes) -> bool:
    """Return whether pixel data begin with the item of an offset table, as compressed data do."""
    length = struct.unpack("<I", pixels[4:8])[0] if pixels[:4] == ITEM and len(pixels) >= 8 else 1
    after = pixels[8 + length : 12 + length]
    return length % 4 == 0 and after in (ITEM, END)


def fragments(pixels: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the content of each item and where it begins; the first item is the offset table."""
    at = 0
    while pixels[at : at + 4] == ITEM and at + 8 <= len(pixels):
        length = struct.unpack("<I", pixels[at + 4 : at + 8])[0]
        if length == UNDEFINED:
            return
        yield at, pixels[at + 8 : at + 8 + length]
        at += 8 + length
