"""Made DICOM files for the import: chest-like content, noise as of a detector, a header as long as a scanner's."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

EDGE = 512


def write_files(folder: Path, count: int, *, edge: int = EDGE, columns: int = 0) -> None:
    """`count` files of 16 bit, edge × edge (or columns), uncompressed, four to a patient."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for number in range(count):
        header = _header(number)
        header.Rows, header.Columns = edge, columns or edge
        header.PixelData = _picture(chance, edge, columns or edge).tobytes()
        header.save_as(folder / f"IM{number:06}.dcm", enforce_file_format=True)


def write_series(folder: Path, slices: int, *, edge: int = EDGE) -> None:
    """One CT of one patient, a millimetre between its slices."""
    write_files(folder, slices, edge=edge)
    for number, path in enumerate(sorted(folder.iterdir())):
        header = dcmread(path)
        header.Modality, header.PatientID, header.InstanceNumber = "CT", "MRN1", number + 1
        header.StudyInstanceUID = header.SeriesInstanceUID = generate_uid(entropy_srcs=["series"])
        header.ImageOrientationPatient, header.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, number]
        header.save_as(path)


def _picture(chance: np.random.Generator, edge: int, columns: int) -> NDArray[np.uint16]:
    down, across = np.mgrid[-1 : 1 : edge * 1j, -1 : 1 : columns * 1j]
    centre, width = chance.uniform(0.32, 0.42), chance.uniform(0.20, 0.28)
    body = 1 / (1 + np.exp(40 * (np.hypot(across / 0.95, down / 1.15) - 1)))
    lungs = sum(np.exp(-((((across - side * centre) / width) ** 2 + (down / 0.6) ** 2) ** 2)) for side in (-1, 1))
    ribs = 0.06 * np.sin(14 * down + 3 * across**2 + chance.uniform(0, 6)) * lungs
    light = 60000 * (0.15 + 0.65 * body - 0.45 * lungs * body + ribs)
    return np.clip(light + chance.normal(0, 350, light.shape), 0, 65535).astype("<u2")


def _header(number: int) -> Dataset:
    """About fifty elements."""
    patient = number // 4
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    header.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["image", str(number)])
    for keyword, value in {**TEXTS, **_patient_tags(number, patient)}.items():
        setattr(header, keyword, value)
    return header


def _patient_tags(number: int, patient: int) -> dict[str, object]:
    study = generate_uid(entropy_srcs=["study", str(patient)])
    return {
        "SOPInstanceUID": generate_uid(entropy_srcs=["image", str(number)]),
        "StudyInstanceUID": study,
        "SeriesInstanceUID": generate_uid(entropy_srcs=["series", str(patient)]),
        "PatientName": f"Doe^Jane{patient}^^Dr",
        "PatientID": f"MRN{patient:07}",
        "PatientBirthDate": f"19{40 + patient % 50}0{1 + patient % 9}12",
        "PatientSex": "FM"[patient % 2],
        "PatientAge": f"0{20 + patient % 60}Y",
        "AccessionNumber": f"A{patient:08}",
        "InstanceNumber": number % 4 + 1,
        "ViewPosition": ("PA", "AP", "LL", "PA")[number % 4],
        "StudyID": str(patient),
    }


TEXTS = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["DERIVED", "PRIMARY"],
    "Modality": "DX",
    "SOPClassUID": DigitalXRayImageStorageForPresentation,
    "StudyDate": "20240311",
    "SeriesDate": "20240311",
    "AcquisitionDate": "20240311",
    "ContentDate": "20240311",
    "StudyTime": "101500",
    "SeriesTime": "101502",
    "AcquisitionTime": "101503",
    "ContentTime": "101504",
    "Manufacturer": "Example",
    "InstitutionName": "North Hospital",
    "ReferringPhysicianName": "Roe^Richard",
    "StationName": "DX1",
    "StudyDescription": "CHEST 2 VIEWS",
    "SeriesDescription": "PA",
    "ManufacturerModelName": "Model 7",
    "PresentationIntentType": "FOR PRESENTATION",
    "BodyPartExamined": "CHEST",
    "KVP": 125,
    "DeviceSerialNumber": "123456",
    "SoftwareVersions": "1.2.3",
    "ProtocolName": "Chest PA",
    "DistanceSourceToDetector": 1800,
    "ExposureTime": 12,
    "XRayTubeCurrent": 320,
    "Exposure": 4,
    "DetectorType": "DIRECT",
    "Laterality": "U",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": EDGE,
    "Columns": EDGE,
    "PixelSpacing": [0.7, 0.7],
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "PixelRepresentation": 0,
    "BurnedInAnnotation": "NO",
    "WindowCenter": 28000,
    "WindowWidth": 52000,
    "RescaleIntercept": 0,
    "RescaleSlope": 1,
    "RescaleType": "US",
    "LossyImageCompression": "00",
}
