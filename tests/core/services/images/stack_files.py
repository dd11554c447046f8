"""Write small DICOM files of one series: slices of 16 × 16 pixels with one value each."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

AXIAL, SAGITTAL = [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1]


def write(
    path: Path,
    z: float,
    value: int = 100,
    *,
    series: str = "s",
    pixels: Any = None,
    sop: str = MRImageStorage,
    **more: Any,
) -> Path:
    """One slice at z mm, all of its pixels `value`."""
    array = np.full((16, 16), value, np.uint16) if pixels is None else pixels
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = sop
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name, series])
    header.StudyInstanceUID = generate_uid(entropy_srcs=["study", more.get("PatientID", "A")])
    header.SeriesInstanceUID = generate_uid(entropy_srcs=["series", series])
    plain = {
        "PatientID": "A",
        "Modality": "MR",
        "ImageOrientationPatient": AXIAL,
        "ImagePositionPatient": [0, 0, z],
        "PixelSpacing": [1, 1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": array.shape[0],
        "Columns": array.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
    }
    for name, content in {**plain, **more}.items():
        setattr(header, name, content)
    header.PixelData = array.tobytes()
    header["PixelData"].VR = "OW"
    path.parent.mkdir(parents=True, exist_ok=True)
    header.save_as(path, enforce_file_format=True)
    return path


def write_heart(folder: Path) -> list[Path]:
    """Three phases of four places, and a scout; the names are in no order."""
    names = ["k", "c", "m", "a", "g", "j", "b", "l", "e", "d", "i", "f"]
    files = [
        write(
            folder / f"{names[phase * 4 + place]}.dcm",
            5.0 * place,
            100 * (phase + 1) + place,
            InstanceNumber=phase * 4 + place + 2,
            TemporalPositionIdentifier=phase + 1,
        )
        for phase in range(3)
        for place in range(4)
    ]
    scout = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "ImageOrientationPatient": SAGITTAL}
    return [*files, write(folder / "h.dcm", 8.0, 900, InstanceNumber=1, **scout)]
