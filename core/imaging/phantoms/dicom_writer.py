"""Write a radiograph as DICOM Digital X-Ray for presentation (PS3.3 A.26); the same seed gives the same bytes."""

from pathlib import Path

from core.imaging.phantoms.acquisition import Radiograph
from core.imaging.phantoms.anatomy import EDGE
from core.imaging.phantoms.cohort import Exposure

DX = "1.2.840.10008.5.1.4.1.1.1.1.1"
MM = 390 / EDGE  # a detector of 39 cm
FIRST_YEAR = 2019  # of the first visits, when patients have their age; the date of birth is one for all visits


def save(path: Path, radiograph: Radiograph, exposure: Exposure, *, seed: int) -> None:
    """Write a file in Explicit VR Little Endian with 12 bits stored in 16."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = UID(DX), ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["rounds", f"{seed}", "image", f"{exposure.number}"])
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    visit = ["rounds", f"{seed}", f"{exposure.number}"]
    year = FIRST_YEAR + exposure.visit
    attributes = {
        "SOPClassUID": DX,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "StudyInstanceUID": generate_uid(entropy_srcs=[*visit, "study"]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=[*visit, "series"]),
        "PatientID": f"DEMO-{seed}-{exposure.patient:04d}",
        "PatientName": f"Phantom^Patient {exposure.patient:04d}",
        "PatientSex": exposure.sex,
        "PatientAge": f"{exposure.age:03d}Y",
        "PatientBirthDate": f"{FIRST_YEAR - exposure.age}0615",
        "StudyDate": f"{year}{1 + exposure.number % 12:02d}{1 + exposure.patient % 28:02d}",
        "StudyTime": "090000",
        "AccessionNumber": "",
        "StudyID": f"{exposure.visit + 1}",
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "ReferringPhysicianName": "",
        "Modality": "DX",
        "PresentationIntentType": "FOR PRESENTATION",
        "Manufacturer": exposure.device.split()[0],
        "ManufacturerModelName": exposure.device,
        "InstitutionName": exposure.site.name,
        "BodyPartExamined": "CHEST",
        "ViewPosition": exposure.view,
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "U",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": exposure.site.photometric,
        "Rows": EDGE,
        "Columns": EDGE,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelSpacing": [f"{MM:.6f}"] * 2,
        "ImagerPixelSpacing": [f"{MM:.6f}"] * 2,
        "BurnedInAnnotation": "NO",
        "WindowCenter": "2048",
        "WindowWidth": "4096",
        "RescaleSlope": "1",
        "RescaleIntercept": "0",
        "RescaleType": "US",
        "PresentationLUTShape": "IDENTITY" if exposure.site.photometric[-1] == "2" else "INVERSE",
    }
    for name, value in attributes.items():
        setattr(file, name, value)
    file.PixelData = radiograph.values.astype("<u2").tobytes()
    file.save_as(path, enforce_file_format=True)
