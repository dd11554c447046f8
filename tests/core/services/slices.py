"""A real chest CT written anew as short series of made patients: half of them from above, half from below."""

from pathlib import Path

from pydicom import dcmread
from pydicom.uid import generate_uid

SOURCE = "series/ct_chest_lungfcp_48"
EACH = 4  # slices of a series
UPPER, LOWER = "upper", "lower"


def series(folder: Path, data_dir: Path) -> Path:
    """Every slice under new names: series 0 to 5 lie above, 6 to 11 below; the file's name says which half it is of."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = sorted((data_dir / SOURCE).glob("*.dcm"), key=_height)
    for at, path in enumerate(slices):
        number, half = at // EACH, LOWER if at < len(slices) // 2 else UPPER
        image = dcmread(path)
        image.PatientID = image.PatientName = f"MADE-{number:02}"
        image.StudyInstanceUID = generate_uid(entropy_srcs=["study", str(number)])
        image.SeriesInstanceUID = generate_uid(entropy_srcs=["series", str(number)])
        image.SOPInstanceUID = generate_uid(entropy_srcs=["slice", str(at)])
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.save_as(folder / f"{half}-{number:02}-{at % EACH}.dcm")
    return folder


def _height(path: Path) -> float:
    """Along the patient, feet first, in mm."""
    return float(dcmread(path, stop_before_pixels=True).ImagePositionPatient[2])
