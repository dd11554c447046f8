"""Take the first volume of a NIfTI file, with its voxels as stored, in the axes of the patient."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array

OF_VECTORS = {1004: "matrices", 1005: "matrices", 1006: "vectors", 1007: "vectors", 2003: "colours", 2004: "colours"}
"""What an intent code says about the fifth axis."""
DAMAGED = "is a damaged or truncated NIfTI volume and cannot be read."


@dataclass(frozen=True, slots=True)
class NiftiVolume:
    """Voxels as stored (x, y, z) in RAS+ order, before slope and intercept; `affine` is None if unknown."""

    stored: Array
    slope: float
    intercept: float
    zooms: tuple[float, ...]
    affine: Array | None
    unit: int
    count: int


def load_volume(raw: bytes) -> NiftiVolume:
    """Return the first volume of an uncompressed NIfTI file.

    Raises:
        RejectedFile: damaged, or not a volume.
    """
    import nibabel as untyped

    nibabel: Any = untyped
    try:
        kind = nibabel.Nifti2Image if raw[4:8] == b"n+2\x00" else nibabel.Nifti1Image
        loaded = kind.from_bytes(raw)
        stored = np.asanyarray(loaded.dataobj.get_unscaled())
        return _first_volume(loaded, stored)
    except nibabel.spatialimages.HeaderDataError as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise RejectedFile(f"is a NIfTI file whose header cannot be used ({reason}); convert it again.") from error
    except (RejectedFile, MemoryError):
        raise
    except Exception as error:  # nibabel has many kinds of error for damaged headers
        raise RejectedFile(DAMAGED) from error


def _first_volume(loaded: Any, stored: Array) -> NiftiVolume:
    intent = int(loaded.header["intent_code"])
    if stored.ndim > 4 and stored.shape[4] > 1 and intent in OF_VECTORS:
        raise RejectedFile(f"has {stored.shape[4]} numbers per voxel ({OF_VECTORS[intent]}); only volumes are read.")
    if stored.ndim < 2 or 0 in stored.shape:
        raise RejectedFile(f"is a NIfTI file with {stored.ndim} dimensions {stored.shape}, which is not a volume.")
    first = stored[..., np.newaxis] if stored.ndim == 2 else stored.reshape(*stored.shape[:3], -1, order="F")[..., 0]
    volume, is_known = _canonical(type(loaded), first, loaded)
    return NiftiVolume(
        stored=np.asanyarray(volume.dataobj),
        slope=float(loaded.dataobj.slope),
        intercept=float(loaded.dataobj.inter),
        zooms=tuple(float(zoom) for zoom in volume.header.get_zooms()[:3]),
        affine=volume.affine if is_known else None,
        unit=int(loaded.header["xyzt_units"]),
        count=prod(stored.shape[3:]),
    )


def _canonical(kind: Any, first: Array, loaded: Any) -> tuple[Any, bool]:
    """Return nibabel's image in RAS+, and whether the file says where its axes lie."""
    import nibabel as untyped

    nibabel: Any = untyped
    is_known = bool(loaded.header["qform_code"] or loaded.header["sform_code"])
    try:
        return nibabel.as_closest_canonical(kind(first, loaded.affine, loaded.header)), is_known
    except MemoryError:
        raise
    except Exception:  # an affine without volume costs the orientation, not the image
        header = type(loaded.header)(endianness=loaded.header.endianness)
        header.set_data_dtype(first.dtype)
        sizes = [abs(float(size)) for size in loaded.header["pixdim"][1:4]]
        x, y, z = (size if 0 < size < np.inf else 1.0 for size in sizes)
        # As Analyze has it: x counts from the patient's right.
        return nibabel.as_closest_canonical(kind(first, np.diag([-x, y, z, 1.0]), header)), False
