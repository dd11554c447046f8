"""Draw DICOM files with what a test wants to be odd, and read them as the import does."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.imaging.decoded_image import DecodedImage
from core.imaging.importers.dicom import read
from core.imaging.voi_lut import to_values

# Syntaxes that pydicom does not write, and written ones of the same length.
WRITABLE = {
    "1.2.840.10008.1.2.8.1": "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.110": "1.2.840.10008.1.2.4.201",
}


def header(
    array: np.ndarray, *, stored: int | None = None, syntax: str = ExplicitVRLittleEndian, **more: Any
) -> Dataset:
    """A data set of an array (frames, rows, columns[, 3]) or one frame of it, without its pixels; None leaves out."""
    ds, colour = Dataset(), array.shape[-1] == 3 and array.ndim > 2
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3"
    bits = array.dtype.itemsize * 8
    values = {
        "Modality": "OT",
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "PlanarConfiguration": 0 if colour else None,
        "Rows": array.shape[-3 if colour else -2],
        "Columns": array.shape[-2 if colour else -1],
        "NumberOfFrames": len(array) if array.ndim == 3 + colour else None,
        "BitsAllocated": bits,
        "BitsStored": stored or bits,
        "HighBit": (stored or bits) - 1,
        "PixelRepresentation": int(array.dtype.kind == "i"),
    }
    for name, value in {**values, **more}.items():
        if isinstance(value, DataElement):
            ds.add(value)
        elif value is not None:
            setattr(ds, name, value)
    return ds


def write(
    path: Path,
    array: np.ndarray,
    *,
    frames: Sequence[bytes] | None = None,
    raw: bytes | None = None,
    offsets: bool = True,
    **more: Any,
) -> Path:
    """Write a file; `frames` are its compressed frames, `raw` its uncompressed bytes where they are not the array's."""
    ds = header(array, **more)
    syntax = ds.file_meta.TransferSyntaxUID
    ds.file_meta.TransferSyntaxUID = WRITABLE.get(syntax, syntax)
    if frames is not None:
        ds.PixelData = encapsulate(list(frames), has_bot=offsets)
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    else:
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        data = array.astype(array.dtype.newbyteorder(order)).tobytes() if raw is None else raw
        ds.PixelData = data + b"\0" * (len(data) % 2)
        ds["PixelData"].VR = "OB" if ds.BitsAllocated <= 8 else "OW"
    little, implicit = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    pydicom.dcmwrite(path, ds, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    if syntax in WRITABLE:
        path.write_bytes(path.read_bytes().replace(padded(WRITABLE[syntax]), padded(syntax), 1))
    return path


def padded(uid: str) -> bytes:
    """A UID as it lies in a file, of even length."""
    return uid.encode() + b"\0" * (len(uid) % 2)


def image(path: Path) -> DecodedImage:
    """The image of a file, read from memory and from disk alike."""
    (decoded,), (again,) = read(path, path.read_bytes()), read(path)
    assert np.array_equal(decoded.samples, again.samples)
    assert decoded.notes == again.notes
    return decoded


def values(decoded: DecodedImage) -> np.ndarray:
    """Modality values (frames, rows, columns), or colours."""
    if decoded.format.channels == 3:
        return decoded.samples
    return to_values(decoded.samples[..., 0], decoded.format)


def without_meta(path: Path) -> Path:
    """Cut off the preamble and group 0002."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[140:144])
    path.write_bytes(data[144 + length :])
    return path
