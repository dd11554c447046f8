"""Import NIfTI volumes as one image of axial frames in radiological convention (patient's right on the left)."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.dicom.geometry import geometry_from_nifti
from core.imaging.nifti_pair import is_pair_header, join_pair
from core.imaging.nifti_scaling import usable_scaling
from core.imaging.pixel_format import PixelFormat
from core.imaging.real_values import encode_values, format_of_values
from core.imaging.voi_lut import Array, format_of_unsigned

UNIT = 7  # mask of the spatial bits of xyzt_units
METRES, MICRONS = 1, 3
OF_VECTORS = {1004: "matrices", 1005: "matrices", 1006: "vectors", 1007: "vectors", 2003: "colours", 2004: "colours"}
COLOUR = ("R", "G", "B")


def recognises(head: bytes) -> bool:
    """Return whether the file is NIfTI-1 or NIfTI-2, possibly compressed with gzip, or a header of a pair."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 1024)
        except zlib.error:
            return False
    return head[344:348] == b"n+1\x00" or head[4:8] == b"n+2\x00" or is_pair_header(head)


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one multi-frame image; of several volumes the first one, as its notes say.

    Raises:
        RejectedFile: damaged, not a volume, or the header of a pair without its voxels.
    """
    raw, notes = _single_file(path, path.read_bytes() if data is None else data)
    raw, scaling_notes = usable_scaling(raw)
    try:
        loaded, stored = _load(raw)
    except RejectedFile:
        raise
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise RejectedFile("is a damaged or truncated NIfTI volume and cannot be read.") from error
    volume, facts, volume_notes = _first_volume(loaded, stored)
    # From RAS+ (x right, y anterior, z superior): frames along z, rows from anterior, columns from the right.
    frames = np.flip(np.asanyarray(volume.dataobj).transpose(2, 1, 0), axis=(1, 2))
    samples, format, value_notes = _encode(frames, loaded.dataobj, _geometry(loaded.header, volume))
    notes = (*notes, *scaling_notes, *volume_notes, *value_notes)
    yield DecodedImage(item="", samples=samples, format=format, facts={"modality": "NIfTI", **facts}, notes=notes)


def _single_file(path: Path, raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the uncompressed bytes of header and voxels, by content: nibabel itself relies on file names."""
    try:
        raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        joined = join_pair(path) if is_pair_header(raw[:348]) else None
    except (OSError, EOFError, zlib.error) as error:
        raise RejectedFile("is a damaged or truncated NIfTI volume and cannot be read.") from error
    if joined is not None or path.suffix.lower() in (".hdr", ".img"):
        raw = joined or raw
        if not is_pair_header(raw[:348]):
            return raw, ("pair",)
    if is_pair_header(raw[:348]):
        raise RejectedFile(
            "is the header of a volume whose voxels are in a second file, and no .img file of the same name lies "
            "beside it; put both files into one folder."
        )
    return raw, ()


def _load(raw: bytes) -> tuple[Any, Array]:
    """Return the image of nibabel and its voxels as stored, before slope and intercept."""
    import nibabel as untyped

    nibabel: Any = untyped
    try:
        kind = nibabel.Nifti2Image if raw[4:8] == b"n+2\x00" else nibabel.Nifti1Image
        loaded = kind.from_bytes(raw)
        return loaded, np.asanyarray(loaded.dataobj.get_unscaled())
    except nibabel.filebasedimages.ImageFileError as error:
        raise RejectedFile("is a damaged or truncated NIfTI volume and cannot be read.") from error
    except nibabel.spatialimages.HeaderDataError as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise RejectedFile(f"is a NIfTI file whose header cannot be used ({reason}); convert it again.") from error


def _first_volume(loaded: Any, stored: Array) -> tuple[Any, dict[str, str], tuple[str, ...]]:
    """Return the first volume as nibabel's image in RAS+, facts, and notes."""
    import nibabel as untyped

    nibabel: Any = untyped
    intent = int(loaded.header["intent_code"])
    if stored.ndim > 4 and stored.shape[4] > 1 and intent in OF_VECTORS:
        raise RejectedFile(f"has {stored.shape[4]} numbers per voxel ({OF_VECTORS[intent]}); only volumes are read.")
    if stored.ndim < 2 or 0 in stored.shape:
        raise RejectedFile(f"is a NIfTI file with {stored.ndim} dimensions {stored.shape}, which is not a volume.")
    count = prod(stored.shape[3:])
    first = (
        stored.reshape(*stored.shape, 1)
        if stored.ndim == 2
        else stored.reshape(*stored.shape[:3], -1, order="F")[..., 0]
    )
    known = bool(loaded.header["qform_code"] or loaded.header["sform_code"])
    volume = nibabel.as_closest_canonical(type(loaded)(first, loaded.affine, loaded.header))
    notes = (*(["volumes"] if count > 1 else []), *([] if known else ["no_orientation"]))
    return volume, ({"volumes": f"first of {count}"} if count > 1 else {}), notes


def _geometry(header: Any, volume: Any) -> dict[str, Any]:
    """Return the geometry in mm (also if the file has no unit); `header` is the original, before reorientation."""
    mm = {METRES: 1000.0, MICRONS: 0.001}.get(int(header["xyzt_units"]) & UNIT, 1.0)
    known = bool(header["qform_code"] or header["sform_code"])
    zooms = [float(zoom) * mm for zoom in volume.header.get_zooms()[:3]]
    return geometry_from_nifti(zooms, volume.affine[:3] * mm if known else None, *volume.shape[:2])


def _encode(frames: Array, scaling: Any, geometry: dict[str, Any]) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    """Return samples, their format, and notes; `scaling` has the slope and the intercept of the file."""
    import nibabel

    decoder = f"nibabel {nibabel.__version__}"
    if frames.dtype.names:
        return _colours(frames, decoder, geometry)
    slope, intercept = float(scaling.slope), float(scaling.inter)
    is_complex = frames.dtype.kind == "c"
    if is_complex:
        frames, slope, intercept = np.abs(frames * slope + intercept), 1.0, 0.0
    encoded = encode_values(frames, slope=slope, intercept=intercept)
    format = format_of_values(encoded, decoder=decoder, photometric="MONOCHROME2", **geometry)
    return encoded.samples[..., np.newaxis], format, (*(["complex"] if is_complex else []), *encoded.notes)


def _colours(frames: Array, decoder: str, geometry: dict[str, Any]) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    colour = np.stack([frames[name] for name in COLOUR], axis=-1)
    is_grey = bool((colour == colour[..., :1]).all())
    colour = np.ascontiguousarray(colour[..., :1]) if is_grey else colour
    samples, format = format_of_unsigned(colour, bits=8, decoder=decoder, colour=not is_grey)
    has_alpha = "A" in (frames.dtype.names or ()) and bool((frames["A"] != 255).any())
    return samples, replace(format, **geometry), ("alpha",) if has_alpha else ()
