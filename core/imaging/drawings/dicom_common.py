"""Share what DICOM SEG and SR need: source headers, codes, UIDs, and parsing on import.

The objects go back to the archive of the images, so they carry the patient as stated there. With a de-identification
they carry the pseudonym, and new UIDs that are the same in every export of a home.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from core.errors import InvalidInput, UserError
from core.imaging.drawings.deidentified import Deidentification
from core.imaging.drawings.records import DrawingRecord

SCHEME = "99ROUNDS"  # private codes begin with 99
NO_CLASS = "none"
UTF_8 = "ISO_IR 192"
MAX_TEXT = 64  # characters of a label, a person's name or a code meaning (VR LO)
DEFLATED, META = b"1.2.840.10008.1.2.1.99", 2048  # transfer syntax UID, and the first bytes of a file, which name it
EQUIPMENT: dict[str, Any] = {"manufacturer": "Rounds", "manufacturer_model_name": "Rounds", "device_serial_number": "1"}
TYPE_2 = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
IMAGE = "1.2.840.10008.5.1.4.1.1."
SINGLE = {
    f"{IMAGE}{kind}" for kind in ("1", "2", "4", "6.1", "7")
}  # single-frame SOP classes, whatever NumberOfFrames says
PRIVATE, CREATOR, IMAGES = 0x0073, "ROUNDS", 0x01  # private element: the source image of each SEG frame, by SHA-256
SEXES = ("M", "F", "O")


class NotWritable(UserError):
    """A source that no DICOM object can reference; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Original:
    """The files of one series, or one multi-frame image: paths by SHA-256."""

    paths: dict[str, Path] = field(repr=False)
    deidentification: Deidentification | None  # None: keep the patient of the files


@dataclass(frozen=True, slots=True)
class Instance:
    """The identification of a stored image in objects that reference it."""

    uid: str
    place: tuple[float, ...]  # position and orientation of a single frame, () if unknown


def is_dicom(data: bytes) -> bool:
    """Return whether the data have the preamble of a DICOM part 10 file."""
    return data[128:132] == b"DICM"


def read_instance(path: Path) -> Instance:
    """Return SOP Instance UID, position and orientation of a stored DICOM file."""
    import pydicom

    with ignore_warnings():
        keywords = ["SOPInstanceUID", "ImagePositionPatient", "ImageOrientationPatient"]
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=keywords)
        return Instance(str(header.get("SOPInstanceUID", "")), frame_position(header, header))


def frame_position(position: Any, orientation: Any) -> tuple[float, ...]:
    """Return position and orientation of a frame (9 numbers), () if not stated."""
    parts = [*(position.get("ImagePositionPatient") or []), *(orientation.get("ImageOrientationPatient") or [])]
    return tuple(float(part) for part in parts) if len(parts) == 9 else ()


def source_header(path: Path, deidentification: Deidentification | None) -> Any:
    """Return the header of a source with all type 2 attributes, invalid ones emptied.

    Raises:
        NotWritable: a UID is missing, so the source cannot be referenced.
    """
    import pydicom

    dataset: Any = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    dataset.decode()
    missing = [name for name in UIDS if not dataset.get(name)]
    if missing:
        raise NotWritable(f"has no {missing[0]}, so it cannot be referenced")
    if deidentification is not None:
        dataset = deidentification.header(dataset)
    for name in TYPE_2:
        if name not in dataset or not _is_valid(name, dataset.get(name)):
            setattr(dataset, name, "")
    return dataset


def _is_valid(name: str, value: Any) -> bool:
    """Return whether a DICOM object may carry the value; invalid dates, times and sexes may not."""
    from pydicom.valuerep import DA, TM

    if name == "PatientSex":
        return str(value) in SEXES
    try:
        kind = {"PatientBirthDate": DA, "StudyDate": DA, "StudyTime": TM}.get(name, str)
        kind(value if value is None else str(value))
    except (ValueError, TypeError):
        return False
    return value is not None


def counts_frames(source: Any) -> bool:
    """Return whether a reference to the source must name a frame."""
    return int(source.get("NumberOfFrames") or 1) > 1 and str(source.SOPClassUID) not in SINGLE


def stable_uid(*parts: str) -> str:
    """Return the same UID for the same content, so that an archive stores an object once."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["rounds", *parts]))


def drawings_digest(drawings: tuple[DrawingRecord, ...]) -> str:
    """Return the SHA-256 (hex) of the content of drawings."""
    content = repr(
        [
            (
                drawing.source.sha256,
                drawing.frame,
                drawing.key,
                drawing.shape,
                drawing.geometry,
                drawing.label,
                drawing.reader,
                drawing.at,
            )
            for drawing in drawings
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()


def fit_text(text: str) -> str:
    """Return text that fits a DICOM value of VR LO: no backslash or line break, at most 64 characters."""
    return text.replace("\\", "/").replace("\r", " ").replace("\n", " ").strip()[:MAX_TEXT]


def class_code(label: str | None) -> Any:
    """Return the private coded concept of a class."""
    from highdicom.sr import CodedConcept

    if label is None:
        return CodedConcept(NO_CLASS, SCHEME, "Without a class")
    return CodedConcept(code_of(label), SCHEME, fit_text(label))


def code_of(label: str) -> str:
    """Return the value of a class's private code."""
    return hashlib.sha256(label.encode()).hexdigest()[:12]


def software_version() -> str:
    """Return the version of Rounds, for the equipment module."""
    return version("rounds")


def to_part10(dataset: Any) -> bytes:
    """Return a data set as the bytes of a DICOM part 10 file."""
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@contextmanager
def ignore_warnings() -> Iterator[None]:
    """Ignore warnings about unusual values in source headers; relevant problems raise our own errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(data: bytes) -> Any:
    """Return the dataset of a part 10 file.

    Raises:
        InvalidInput: a deflated or a damaged file.
    """
    import pydicom

    if DEFLATED in data[:META]:  # a small file may inflate without bound
        raise InvalidInput("is deflated; export it in another transfer syntax.")
    try:
        return pydicom.dcmread(BytesIO(data))
    except Exception as error:  # pydicom raises what it likes on damaged bytes
        raise InvalidInput(f"is a damaged DICOM file ({type(error).__name__}); export it again.") from error
