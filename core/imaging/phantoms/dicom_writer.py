"""A plate as a DICOM file, PS3.3 A.26 (digital X-ray for presentation): the same seed gives the same bytes."""

from pathlib import Path

from core.imaging.phantoms.acquisition import Radiograph
from core.imaging.phantoms.anatomy import EDGE
from core.imaging.phantoms.cohort import Exposure

DX = "1.2.840.10008.5.1.4.1.1.1.1.1"
MM = 390 / EDGE  # a detector of 39 cm


def save(path: Path, plate: Radiograph, one: Exposure, *, seed: int) -> None:
    """Write it as explicit little endian, 12 bits stored in 16."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = UID(DX), ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["rounds", f"{seed}", "image", f"{one.number}"])
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    visit = ["rounds", f"{seed}", f"{one.number}"]
    year = 2019 + one.visit
    words = {
        "SOPClassUID": DX,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "StudyInstanceUID": generate_uid(entropy_srcs=[*visit, "study"]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=[*visit, "series"]),
        "PatientID": f"DEMO-{seed}-{one.patient:04d}",
        "PatientName": f"Phantom^Patient {one.patient:04d}",
        "PatientSex": one.sex,
        "PatientAge": f"{one.age:03d}Y",
        "PatientBirthDate": f"{year - one.age}0101",
        "StudyDate": f"{year}{1 + one.number % 12:02d}{1 + one.patient % 28:02d}",
        "StudyTime": "090000",
        "AccessionNumber": "",
        "StudyID": f"{one.visit + 1}",
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "ReferringPhysicianName": "",
        "Modality": "DX",
        "PresentationIntentType": "FOR PRESENTATION",
        "Manufacturer": one.device.split()[0],
        "ManufacturerModelName": one.device,
        "InstitutionName": one.site.name,
        "BodyPartExamined": "CHEST",
        "ViewPosition": one.view,
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "U",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": one.site.photometric,
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
        "PresentationLUTShape": "IDENTITY" if one.site.photometric[-1] == "2" else "INVERSE",
    }
    for name, value in words.items():
        setattr(file, name, value)
    file.PixelData = plate.values.astype("<u2").tobytes()
    file.save_as(path, enforce_file_format=True)
