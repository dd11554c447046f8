"""Recognise the codec of a compressed frame by its own bytes, and the one that a transfer syntax declares."""

import re
import struct
from dataclasses import dataclass

RLE, DEFLATED_FRAMES = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"
JPEG_LOSSLESS, JPEG_LS, JPEG_2000, JPEG_XL, JPEG = "JPEG Lossless", "JPEG-LS", "JPEG 2000", "JPEG XL", "JPEG"
JP2 = b"\x00\x00\x00\x0cjP  "  # signature boxes of the file formats around a codestream
JXL = b"\x00\x00\x00\x0cJXL "
MAGICS = {b"\xff\x4f\xff\x51": JPEG_2000, JP2: JPEG_2000, b"\xff\x0a": JPEG_XL, JXL: JPEG_XL}
DECLARED = {
    **dict.fromkeys(("50", "51", "52", "53", "54", "55", "56"), JPEG),
    **dict.fromkeys(("57", "58", "70"), JPEG_LOSSLESS),
    **dict.fromkeys(("80", "81"), JPEG_LS),
    **dict.fromkeys(("90", "91", "92", "93", "201", "202", "203"), JPEG_2000),
    **dict.fromkeys(("110", "111", "112"), JPEG_XL),
}
PREFIX = "1.2.840.10008.1.2.4."
USUAL = {  # the syntax of a codec, for files that do not say theirs
    JPEG: PREFIX + "50",
    JPEG_LOSSLESS: PREFIX + "70",
    JPEG_LS: PREFIX + "80",
    JPEG_2000: PREFIX + "91",
    JPEG_XL: PREFIX + "112",
}
PLANES = {RLE: "RLE", DEFLATED_FRAMES: "deflated"}
SEGMENT = re.compile(rb"\xff([\xc0-\xfe])(..)", re.DOTALL)
LONGEST_RLE = 15  # segments of a frame (PS3.5 G.5)


def declared_codec(syntax: str) -> str:
    """Return the codec of a transfer syntax UID, "" if it is none that Rounds reads."""
    return DECLARED.get(syntax[len(PREFIX) :], "") if syntax.startswith(PREFIX) else PLANES.get(syntax, "")


@dataclass(frozen=True, slots=True)
class JpegHead:
    """What a JPEG or JPEG-LS codestream says: kind of its frame, precision, names of its components, JFIF or not."""

    frame: int
    precision: int
    components: bytes
    jfif: bool


def jpeg_head(data: bytes) -> JpegHead | None:
    """Return what a JPEG codestream says before its first scan, None if it is none."""
    at, jfif = 2, False
    while data[:2] == b"\xff\xd8" and (segment := SEGMENT.match(data, at)):
        marker, length = segment[1][0], struct.unpack(">H", segment[2])[0]
        body = data[at + 4 : at + 2 + length]
        if marker == 0xE0:
            jfif = jfif or body.startswith(b"JFIF\0")
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return JpegHead(marker, body[0], body[6::3], jfif) if len(body) > 5 else None
        at += 2 + length
    return None


def codec_of(data: bytes) -> str:
    """Return the codec of a frame by its first bytes; "" for RLE, deflated or damaged data."""
    for magic, codec in MAGICS.items():
        if data.startswith(magic):
            return codec
    head = jpeg_head(data)
    if head is None:
        return ""
    return {0xF7: JPEG_LS, 0xC3: JPEG_LOSSLESS}.get(head.frame, JPEG)


def begins_frame(fragment: bytes) -> bool:
    """Return whether a fragment begins like a frame of JPEG, JPEG-LS, JPEG 2000, JPEG XL or RLE."""
    if fragment.startswith((b"\xff\xd8\xff", *MAGICS)):
        return True
    segments, first = struct.unpack("<II", fragment[:8]) if len(fragment) >= 64 else (0, 0)
    return bool(1 <= segments <= LONGEST_RLE and first == 64)
