"""Decode one compressed frame to samples, by its own bytes: the codec that they begin with, not the one declared.

All codecs are of imagecodecs (BSD-3): libjpeg-turbo, jpegsof3, CharLS, OpenJPEG and libjxl.
"""

import numpy as np

from core.imaging.dicom.compression.codestreams import (
    JPEG,
    JPEG_2000,
    JPEG_LOSSLESS,
    JPEG_LS,
    JPEG_XL,
    JpegHead,
    codec_of,
    jpeg_head,
)
from core.imaging.voi_lut import Array

RGB_NAMES = (b"RGB", b"rgb")
JPEG_END, LONGEST_PADDING = b"\xff\xd9", 10  # bytes after the end marker, as pydicom allows


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
