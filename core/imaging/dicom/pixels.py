"""Decode DICOM pixel data to samples, with a fixed list of decoders per transfer syntax."""

from collections.abc import MutableSequence
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.dicom.geometry import geometry_from_header
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, full_range_window, quantize_uint16

# Permissively licensed decoders only, the fastest first; pydicom by itself would try whatever is installed.
DECODERS = {
    "1.2.840.10008.1.2.4.50": ("pylibjpeg", "gdcm", "pillow"),
    "1.2.840.10008.1.2.4.51": ("gdcm", "pillow"),
    "1.2.840.10008.1.2.4.57": ("gdcm",),
    "1.2.840.10008.1.2.4.70": ("gdcm",),
    "1.2.840.10008.1.2.4.80": ("pyjpegls", "gdcm"),
    "1.2.840.10008.1.2.4.81": ("pyjpegls", "gdcm"),
    "1.2.840.10008.1.2.4.90": ("pylibjpeg", "gdcm"),
    "1.2.840.10008.1.2.4.91": ("pylibjpeg", "gdcm"),
    "1.2.840.10008.1.2.4.201": ("pylibjpeg",),
    "1.2.840.10008.1.2.4.202": ("pylibjpeg",),
    "1.2.840.10008.1.2.4.203": ("pylibjpeg",),
    "1.2.840.10008.1.2.5": ("pylibjpeg", "gdcm", "pydicom"),
}

PIXEL_DATA = 0x7FE00010
PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
GREYS = ("MONOCHROME1", "MONOCHROME2")
DTYPES: dict[Any, np.dtype[Any]] = {
    (8, 0): np.dtype("u1"),
    (8, 1): np.dtype("i1"),
    (16, 0): np.dtype("<u2"),
    (16, 1): np.dtype("<i2"),
}


def decode(header: Any, data: bytes | None = None) -> tuple[Array, PixelFormat, dict[str, str]]:
    """Return samples (frames, rows, columns, channels), their format, and facts that depend on the pixels.

    `data` is the whole file if it is in memory; uncompressed pixels are then viewed without a copy.

    Raises:
        RejectedFile: no decoder supports the file, or the pixel data are truncated.
    """
    rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
    if rows == 0 or columns == 0:
        if "Rows" not in header:
            raise RejectedFile("has no image size (Rows, Columns) in its header; it is truncated or damaged.")
        raise RejectedFile(f"has a size of {columns} × {rows} pixels in its header; both must be at least 1.")
    plain = view_uncompressed(header, data)
    array, decoder = (plain, "numpy") if plain is not None else _decode_array(header)
    frames, colour = _shape(array, rows, columns)
    if colour:
        return _colour(header, frames, decoder)
    return _grey(header, frames, decoder)


def view_uncompressed(header: Any, data: bytes | None) -> Array | None:
    """View uncompressed little-endian 8- or 16-bit grey samples in the file; None if pydicom must decode them."""
    element = header.get_item(PIXEL_DATA, keep_deferred=True) if PIXEL_DATA in header else None
    dtype = DTYPES.get((header.get("BitsAllocated"), header.get("PixelRepresentation")))
    grey = header.get("SamplesPerPixel") == 1 and header.get("PhotometricInterpretation") in GREYS
    if element is None or dtype is None or not grey or str(header.file_meta.get("TransferSyntaxUID")) not in PLAIN:
        return None
    buffer, start = (data, element.value_tell) if element.value is None else (element.value, 0)
    frames, unused = int(header.get("NumberOfFrames") or 1), dtype.itemsize * 8 - int(header.get("BitsStored") or 0)
    rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
    count = frames * rows * columns
    if buffer is None or count < 1 or frames < 1 or not 0 <= unused < dtype.itemsize * 8:
        return None
    if count * dtype.itemsize > min(element.length, len(buffer) - start):
        return None
    samples: Array = np.frombuffer(buffer, dtype, count, start).reshape(frames, rows, columns)
    return samples if unused == 0 else _without_overlay(samples, unused)


def _without_overlay(samples: Array, unused: int) -> Array:
    """Clear overlays in unused high bits (retired in DICOM); without overlays, return the same view."""
    top = 1 << (samples.dtype.itemsize * 8 - unused)
    low, high = (-top // 2, top // 2 - 1) if samples.dtype.kind == "i" else (0, top - 1)
    return samples if low <= samples.min() and samples.max() <= high else (samples << unused) >> unused


def _decode_array(header: Any) -> tuple[Array, str]:
    syntax = str(getattr(header.file_meta, "TransferSyntaxUID", ""))
    if not syntax:
        raise RejectedFile("has no transfer syntax UID (0002,0010); export it again as a DICOM part 10 file.")
    if syntax not in DECODERS:
        try:
            return header.pixel_array, "pydicom"
        except Exception as error:
            raise RejectedFile(_rejection_reason(header, syntax)) from error
    for plugin in DECODERS[syntax]:
        try:
            header.convert_pixel_data(plugin)
            return header.pixel_array, plugin
        except Exception:  # try the next decoder; if none succeeds, the file is rejected below
            continue
    raise RejectedFile(_rejection_reason(header, syntax))


def _rejection_reason(header: Any, syntax: str) -> str:
    from pydicom.uid import UID

    frames = header.get("NumberOfFrames") or 1
    try:
        expected = (
            int(header.Rows)
            * int(header.Columns)
            * int(header.get("SamplesPerPixel", 1))
            * int(frames)
            * int(header.BitsAllocated)
            // 8
        )
    except (ValueError, TypeError, AttributeError):
        return "has a damaged image header (rows, columns, frames or bits); export it again."
    available = len(header.get("PixelData") or b"")
    if not UID(syntax).is_compressed and available < expected:
        return f"is truncated: its header declares {expected} bytes of pixel data, but the file has {available}."
    if UID(syntax).name == syntax:
        return f"has the unknown transfer syntax {syntax}; export it uncompressed."
    bits = header.get("BitsStored", "?")
    return (
        f"has {bits}-bit {UID(syntax).name} data, which no permissively licensed decoder supports; "
        "export it uncompressed."
    )


def _shape(array: Array, rows: int, columns: int) -> tuple[Array, bool]:
    colour = array.ndim >= 3 and array.shape[-1] == 3 and array.shape[-3:-1] == (rows, columns)
    if colour:
        return array.reshape(-1, rows, columns, 3), True
    if array.ndim not in (2, 3) or array.shape[-2:] != (rows, columns):
        raise RejectedFile(f"decodes to the shape {array.shape}, not to the {rows} × {columns} of its header.")
    return array.reshape(-1, rows, columns), False


def _colour(header: Any, frames: Array, decoder: str) -> tuple[Array, PixelFormat, dict[str, str]]:
    shift = max(0, frames.dtype.itemsize * 8 - 8)
    plain = (frames >> shift).astype(np.uint8) if shift else frames.astype(np.uint8)
    # pixel_array always returns RGB: YBR and JPEG 2000 colour transforms are already undone.
    return plain, _rgb_format(header, plain, decoder), {}


def _rgb_format(header: Any, samples: Array, decoder: str) -> PixelFormat:
    frames, rows, columns, _ = samples.shape
    bits = int(header.get("BitsStored", 8))
    center, width, function = full_range_window(0.0, 255.0)
    return PixelFormat(
        rows=rows,
        columns=columns,
        frames=frames,
        channels=3,
        dtype="uint8",
        bits=bits,
        photometric="RGB",
        slope=1.0,
        intercept=0.0,
        low=0.0,
        high=255.0,
        window_center=center,
        window_width=width,
        voi_function=function,
        decoder=decoder,
        **geometry_from_header(header),
    )


def _grey(header: Any, frames: Array, decoder: str) -> tuple[Array, PixelFormat, dict[str, str]]:
    if str(header.get("PhotometricInterpretation")) == "PALETTE COLOR":
        return _palette(header, frames, decoder)
    stored, slope, intercept, baked = _modality(header, frames)
    low, high = (float(edge) * slope + intercept for edge in (stored.min(), stored.max()))
    low, high = min(low, high), max(low, high)
    samples, offset_slope, offset = _unsigned(stored)
    center, width, function = _window(header, low, high, signed_lut=baked)
    bits = int(header.get("BitsStored") or stored.dtype.itemsize * 8)
    count, rows, columns = samples.shape
    photometric = str(header.get("PhotometricInterpretation") or "MONOCHROME2")
    format = PixelFormat(
        rows=rows,
        columns=columns,
        frames=count,
        channels=1,
        dtype=samples.dtype.name,
        bits=bits,
        photometric="MONOCHROME1" if photometric == "MONOCHROME1" else "MONOCHROME2",
        slope=slope * offset_slope,
        intercept=intercept + slope * offset,
        low=low,
        high=high,
        window_center=center,
        window_width=width,
        voi_function=function,
        unit=_unit(header),
        decoder=decoder,
        **geometry_from_header(header),
    )
    return samples[..., np.newaxis], format, {}


def _palette(header: Any, frames: Array, decoder: str) -> tuple[Array, PixelFormat, dict[str, str]]:
    from pydicom.pixels.processing import apply_color_lut

    colour = apply_color_lut(frames, header)
    plain = (colour >> 8).astype(np.uint8) if colour.dtype == np.uint16 else colour.astype(np.uint8)
    plain = plain[..., :3].reshape(*frames.shape, 3)
    return plain, _rgb_format(header, plain, decoder), {}


def _unsigned(stored: Array) -> tuple[Array, float, float]:
    """Return stored values as unsigned samples, with the slope and offset that restore them."""
    if stored.dtype.kind == "f" or stored.dtype.itemsize > 2:
        low, high = float(stored.min()), float(stored.max())
        if stored.dtype.kind == "f" or high - low > 65535:
            samples, slope, offset = quantize_uint16(stored)
            return samples, slope, offset
        return (stored.astype(np.int64) - int(low)).astype(np.uint16), 1.0, low
    if stored.dtype.kind == "u":
        return stored, 1.0, 0.0
    offset = min(0, int(stored.min()))
    wide = stored.astype(np.int32) - offset
    return wide.astype(np.uint8 if stored.dtype.itemsize == 1 else np.uint16), 1.0, float(offset)


def _modality(header: Any, frames: Array) -> tuple[Array, float, float, bool]:
    """Return values, slope, intercept, and whether a modality LUT or per-frame rescale was already applied."""
    if header.get("ModalityLUTSequence"):
        from pydicom.pixels.processing import apply_modality_lut

        return apply_modality_lut(frames, header), 1.0, 0.0, True
    per_frame = [_rescale(one) for one in header.get("PerFrameFunctionalGroupsSequence") or []]
    shared = next(filter(None, map(_rescale, header.get("SharedFunctionalGroupsSequence") or [])), None)
    named = [pair for pair in per_frame if pair]
    if len(named) == len(frames) and len(set(named)) > 1:
        slopes = np.array(named, dtype=np.float64)[:, :, np.newaxis, np.newaxis]
        return frames * slopes[:, 0] + slopes[:, 1], 1.0, 0.0, True
    slope, intercept = (
        (named[0] if named else None)
        or shared
        or (float(header.get("RescaleSlope") or 1.0), float(header.get("RescaleIntercept") or 0.0))
    )
    if header.get("DoseGridScaling"):
        slope, intercept = float(header.DoseGridScaling), 0.0
    return frames, slope, intercept, False


def _rescale(group: Any) -> tuple[float, float] | None:
    sequence = group.get("PixelValueTransformationSequence")
    if not sequence:
        return None
    return float(sequence[0].get("RescaleSlope") or 1.0), float(sequence[0].get("RescaleIntercept") or 0.0)


def _groups(header: Any) -> list[Any]:
    shared = list(header.get("SharedFunctionalGroupsSequence") or [])
    return [*shared, *list(header.get("PerFrameFunctionalGroupsSequence") or [])[:1]]


def _window(header: Any, low: float, high: float, *, signed_lut: bool) -> tuple[float, float, str]:
    for source in (header, *(item for group in _groups(header) for item in group.get("FrameVOILUTSequence") or [])):
        center, width = _first(source.get("WindowCenter")), _first(source.get("WindowWidth"))
        if center is not None and width is not None and width >= 1:
            function = str(source.get("VOILUTFunction") or "LINEAR").upper()
            return center, width, function if function in ("LINEAR", "LINEAR_EXACT", "SIGMOID") else "LINEAR"
    tables = header.get("VOILUTSequence")
    if tables and not signed_lut:
        # A VOI LUT is replaced by the linear window over its input range: the viewer has linear windows only.
        count, first = int(tables[0].LUTDescriptor[0]) or 65536, int(tables[0].LUTDescriptor[1])
        return full_range_window(float(first), float(first + count - 1))
    return full_range_window(low, high)


def _first(value: Any) -> float | None:
    try:
        return float(value[0] if isinstance(value, MutableSequence) else value)
    except (TypeError, ValueError, IndexError):
        return None


def _unit(header: Any) -> str:
    return "HU" if header.get("Modality") == "CT" else str(header.get("RescaleType") or "").replace("US", "")
