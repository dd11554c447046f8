"""Import NIfTI volumes as one image of axial frames in radiological convention (patient's right on the left)."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.dicom.geometry import geometry_from_nifti
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import full_range_window, quantize_uint16

UNIT = 7  # mask of the spatial bits of xyzt_units
METRES, MICRONS = 1, 3


def recognises(head: bytes) -> bool:
    """Return whether the file is NIfTI-1 or NIfTI-2, possibly compressed with gzip."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 1024)
        except zlib.error:
            return False
    return head[344:348] in (b"n+1\x00", b"ni1\x00") or head[4:8] == b"n+2\x00"


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one multi-frame image; of a 4-D file the first volume, as noted in the facts.

    Raises:
        RejectedFile: damaged, or neither 3-D nor 4-D.
    """
    import nibabel as untyped

    nibabel: Any = untyped
    try:
        # By content, not by extension: nibabel itself relies on file names.
        raw = path.read_bytes() if data is None else data
        raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        is_second = raw[4:8] == b"n+2\x00"
        loaded = (nibabel.Nifti2Image if is_second else nibabel.Nifti1Image).from_bytes(raw)
        volume = nibabel.as_closest_canonical(loaded)
        values = np.asanyarray(volume.dataobj)
    except (OSError, ValueError, EOFError, zlib.error, nibabel.filebasedimages.ImageFileError) as error:
        raise RejectedFile("is a damaged or truncated NIfTI volume and cannot be read.") from error
    facts = {"modality": "NIfTI"}
    if values.ndim == 4:
        facts["volumes"] = f"first of {values.shape[3]}"
        values = values[..., 0]
    if values.ndim != 3 or 0 in values.shape:
        raise RejectedFile(f"is a NIfTI file with {values.ndim} dimensions; only 3-D and 4-D volumes are supported.")
    # From RAS+ (x right, y anterior, z superior): frames along z, rows from anterior, columns from the right.
    frames = np.flip(values.transpose(2, 1, 0), axis=(1, 2))
    samples, format = _format(frames, _geometry(loaded.header, volume))
    yield DecodedImage(item="", samples=samples, format=format, facts=facts)


def _geometry(header: Any, volume: Any) -> dict[str, Any]:
    """Return the geometry in mm (also if the file has no unit); `header` is the original, before reorientation."""
    mm = {METRES: 1000.0, MICRONS: 0.001}.get(int(header["xyzt_units"]) & UNIT, 1.0)
    known = bool(header["qform_code"] or header["sform_code"])
    zooms = [float(zoom) * mm for zoom in volume.header.get_zooms()[:3]]
    return geometry_from_nifti(zooms, volume.affine[:3] * mm if known else None, *volume.shape[:2])


def _format(frames: "np.ndarray", geometry: dict[str, Any]) -> "tuple[np.ndarray, PixelFormat]":
    import nibabel

    low, high = float(frames.min()), float(frames.max())
    whole = np.issubdtype(frames.dtype, np.integer) or bool((frames == np.round(frames)).all())
    if whole and high - low <= 65535:
        samples, slope, intercept = (frames.astype(np.int64) - int(low)).astype(np.uint16), 1.0, float(int(low))
    else:
        samples, slope, intercept = quantize_uint16(frames)
    center, width, function = full_range_window(low, high)
    count, rows, columns = samples.shape
    return np.ascontiguousarray(samples)[..., np.newaxis], PixelFormat(
        rows=rows,
        columns=columns,
        frames=count,
        channels=1,
        dtype="uint16",
        bits=16,
        photometric="MONOCHROME2",
        slope=slope,
        intercept=intercept,
        low=low,
        high=high,
        window_center=center,
        window_width=width,
        voi_function=function,
        decoder=f"nibabel {nibabel.__version__}",
        **geometry,
    )
