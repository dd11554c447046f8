"""Import NIfTI volumes as one image of axial frames in radiological convention (patient's right on the left)."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.dicom.geometry import geometry_from_nifti
from core.imaging.nifti.container import unpacked, usable_offset
from core.imaging.nifti.pair import is_pair_header, join_pair
from core.imaging.nifti.scaling import usable_scaling
from core.imaging.nifti.volume import DAMAGED, NiftiVolume, load_volume
from core.imaging.pixel_format import PixelFormat
from core.imaging.real_values import encode_values, format_of_values
from core.imaging.voi_lut import Array, format_of_unsigned

UNIT = 7  # mask of the spatial bits of xyzt_units
METRES, MICRONS = 1, 3
COLOUR = ("R", "G", "B")


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one multi-frame image; of several volumes the first one, as its notes say.

    Raises:
        RejectedFile: damaged, not a volume, or the header of a pair without its voxels.
    """
    raw, notes = _single_file(path, path.read_bytes() if data is None else data)
    raw, offset_notes = usable_offset(raw)
    raw, scaling_notes = usable_scaling(raw)
    volume = load_volume(raw)
    facts = {"volumes": f"first of {volume.count}"} if volume.count > 1 else {}
    volume_notes = (*(["volumes"] if facts else []), *(["no_orientation"] if volume.affine is None else []))
    # From RAS+ (x right, y anterior, z superior): frames along z, rows from anterior, columns from the right.
    frames = np.flip(volume.stored.transpose(2, 1, 0), axis=(1, 2))
    samples, format, value_notes = _encode(frames, volume)
    notes = (*notes, *offset_notes, *scaling_notes, *volume_notes, *value_notes)
    yield DecodedImage(item="", samples=samples, format=format, facts={"modality": "NIfTI", **facts}, notes=notes)


def _single_file(path: Path, raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the uncompressed bytes of header and voxels, by content: nibabel itself relies on file names."""
    try:
        raw, notes = unpacked(raw)
        joined = join_pair(path) if is_pair_header(raw[:348]) else None
    except (OSError, EOFError, zlib.error) as error:
        raise RejectedFile(DAMAGED) from error
    if joined is not None or path.suffix.lower() in (".hdr", ".img"):
        raw = joined or raw
        if not is_pair_header(raw[:348]):
            return raw, (*notes, "pair")
    if is_pair_header(raw[:348]):
        raise RejectedFile(
            "is the header of a volume whose voxels are in a second file, and no .img file of the same name lies "
            "beside it; put both files into one folder."
        )
    return raw, notes


def _geometry(volume: NiftiVolume) -> dict[str, Any]:
    """Return the geometry in mm (also if the file has no unit)."""
    mm = {METRES: 1000.0, MICRONS: 0.001}.get(volume.unit & UNIT, 1.0)
    affine = volume.affine[:3] * mm if volume.affine is not None else None
    return geometry_from_nifti([zoom * mm for zoom in volume.zooms], affine, *volume.stored.shape[:2])


def _encode(frames: Array, volume: NiftiVolume) -> tuple[Array, PixelFormat, tuple[str, ...]]:
    """Return samples, their format, and notes."""
    import nibabel

    decoder, geometry = f"nibabel {nibabel.__version__}", _geometry(volume)
    if frames.dtype.names:
        return _colours(frames, decoder, geometry)
    slope, intercept, is_complex = volume.slope, volume.intercept, frames.dtype.kind == "c"
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
