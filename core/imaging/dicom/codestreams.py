"""Decode one compressed frame to samples, by its own bytes: the codec that they begin with, not the one declared.

All codecs are of imagecodecs (BSD-3): libjpeg-turbo, jpegsof3, CharLS, OpenJPEG and libjxl.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array

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
RGB_NAMES = (b"RGB", b"rgb")
JPEG_END, LONGEST_PADDING = b"\xff\xd9", 10  # bytes after the end marker, as pydicom allows
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


def decode_jpeg(data: bytes, photometric: str) -> Array:
    """Return grey samples, or RGB whatever the components are: libjpeg converts them.

    Raises:
        ValueError: it is truncated.
    """
    import imagecodecs

    head = _whole_jpeg(data)
    if len(head.components) != 3:
        return imagecodecs.jpeg8_decode(data)
    plain = head.components in RGB_NAMES or ("YBR" not in photometric and not head.jfif)
    space = imagecodecs.JPEG8.CS.RGB if plain else imagecodecs.JPEG8.CS.YCbCr
    return imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=imagecodecs.JPEG8.CS.RGB)


def decode_jpeg_lossless(data: bytes) -> Array:
    """Return the components as they are: by libjpeg, else by jpegsof3, which takes three times as long.

    Raises:
        ValueError: it is truncated.
    """
    import imagecodecs

    space = imagecodecs.JPEG8.CS.RGB if len(_whole_jpeg(data).components) == 3 else None
    try:
        return imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space)
    except imagecodecs.Jpeg8Error:
        return np.ascontiguousarray(imagecodecs.jpegsof3_decode(data))


def _whole_jpeg(data: bytes) -> JpegHead:
    """Return the head of a codestream that has its end; libjpeg would fill what is missing with grey."""
    head = jpeg_head(data)
    if head is None or JPEG_END not in data[-LONGEST_PADDING:]:
        raise ValueError("a JPEG codestream ends before its end marker")
    return head


def decode_jpeg_ls(data: bytes, *, signed: bool) -> Array:
    """Return the components; JPEG-LS knows no sign, so the highest bit of its precision becomes the sign."""
    import imagecodecs

    head, samples = jpeg_head(data), imagecodecs.jpegls_decode(data)
    return _signed(samples, head.precision) if signed and head else samples


def decode_jpeg_2000(data: bytes, *, signed: bool) -> Array:
    """Return the components, with their colour transform undone, as signed as the header says."""
    import imagecodecs

    samples = imagecodecs.jpeg2k_decode(data)
    if signed == (samples.dtype.kind == "i"):
        return samples
    at = data.find(b"\xff\x4f\xff\x51")
    precision = (data[at + 42] & 0x7F) + 1  # Ssiz of the first component
    return _signed(samples, precision) if signed else _unsigned(samples, precision)


def decode_jpeg_xl(data: bytes) -> Array:
    """Return grey samples or RGB."""
    import imagecodecs

    return imagecodecs.jpegxl_decode(data)


def _signed(samples: Array, precision: int) -> Array:
    unused = samples.dtype.itemsize * 8 - precision
    return (samples.view(f"i{samples.dtype.itemsize}") << unused) >> unused


def _unsigned(samples: Array, precision: int) -> Array:
    plain: Array = samples.view(f"u{samples.dtype.itemsize}")
    return plain & ((1 << precision) - 1)


def inflate(data: bytes, size: int) -> bytes:
    """Return a deflated frame (RFC 1951) of a size in bytes.

    Raises:
        RejectedFile: it is longer or damaged.
    """
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = reader.decompress(data, size)
    except zlib.error as error:
        raise RejectedFile("has a deflated frame that is damaged; export it again.") from error
    if len(plain) != size:
        raise RejectedFile(f"has a deflated frame of {len(plain)} bytes, not {size} as its header says.")
    return plain


def unpack_rle(data: bytes, cell: int, samples: int, pixels: int) -> memoryview:
    """Return an RLE frame (PS3.5 annex G) by planes, in little-endian cells of a number of bytes.

    Its segments are the bytes of each sample, the highest first. imagecodecs' decoder of whole frames writes past its
    buffer where a frame is damaged; its PackBits decoder does not.

    Raises:
        ValueError: the frame is damaged, or of another depth.
    """
    import imagecodecs

    header = struct.unpack("<16I", data[:64]) if len(data) >= 64 else (0,)
    starts = header[1 : 1 + header[0]]
    if len(starts) != cell * samples or list(starts) != sorted(starts) or starts[0] < 64:
        raise ValueError(f"an RLE frame has {header[0]} segments, not {cell * samples}")
    plain = np.empty((samples, pixels, cell), np.uint8)
    for number, (start, end) in enumerate(pairwise([*starts, len(data)])):
        segment = np.frombuffer(imagecodecs.packbits_decode(data[start:end]), np.uint8)
        if len(segment) < pixels:
            raise ValueError(f"an RLE segment has {len(segment)} of {pixels} bytes")
        plain[number // cell, :, cell - 1 - number % cell] = segment[:pixels]
    return plain.reshape(-1).data


def decode_codestream(data: bytes, *, photometric: str, signed: bool) -> tuple[Array, str]:
    """Return samples of a JPEG, JPEG-LS, JPEG 2000 or JPEG XL frame and their photometric interpretation.

    Raises:
        ValueError: the frame is in none of these, or damaged.
    """
    codec = codec_of(data)
    if codec == JPEG:
        samples = decode_jpeg(data, photometric)
        return samples, "RGB" if samples.ndim == 3 else photometric
    if codec == JPEG_LOSSLESS:
        return decode_jpeg_lossless(data), photometric
    if codec == JPEG_LS:
        return decode_jpeg_ls(data, signed=signed), photometric
    if codec == JPEG_2000:
        transformed = photometric in ("YBR_RCT", "YBR_ICT")
        return decode_jpeg_2000(data, signed=signed), "RGB" if transformed else photometric
    if codec == JPEG_XL:
        samples = decode_jpeg_xl(data)
        return samples, "RGB" if samples.ndim == 3 else photometric
    raise ValueError("no codec begins like this frame")
