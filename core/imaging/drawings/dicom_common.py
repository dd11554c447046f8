"""What DICOM SEG and SR share: the headers of their sources, names that fit, and the way back in.

They go back to the archive that the images came from, so they carry its patient as it stands there; with a pseudonym in
its place they carry nothing else that names one, and still belong to the same study by its UID.
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
from core.imaging.drawings.records import DrawingRecord

SCHEME = "99ROUNDS"  # private codes begin with 99
NO_CLASS = "none"
UTF_8 = "ISO_IR 192"
MAX_TEXT = 64  # of a label, a person's name or a code's meaning
DEFLATED, META = b"1.2.840.10008.1.2.1.99", 2048  # a transfer syntax, and the bytes in which a file names its own
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
SINGLE = {f"{IMAGE}{kind}" for kind in ("1", "2", "4", "6.1", "7")}  # kinds of one frame, whatever a file says it has
PRIVATE, CREATOR, IMAGES = 0x0073, "ROUNDS", 0x01  # which of our images each frame of a SEG is on, by sha256
SEXES = ("M", "F", "O")
DEIDENTIFIED_ATTRIBUTES = (
    "SpecificCharacterSet",
    "Modality",
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyDate",
    "StudyTime",
    "NumberOfFrames",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "Rows",
    "Columns",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "DimensionIndexSequence",
    "DimensionOrganizationSequence",
    "TimezoneOffsetFromUTC",
)


class NotWritable(UserError):
    """A source to which no object can refer; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Original:
    """The files of one series, or one image of several frames: where each lies, by the image's sha256."""

    paths: dict[str, Path] = field(repr=False)
    pseudonym: str | None  # None: as the files have it


@dataclass(frozen=True, slots=True)
class Instance:
    """What tells a stored image to an object that refers to it."""

    uid: str
    place: tuple[float, ...]  # position and orientation of a single frame, () where unknown


def is_dicom(data: bytes) -> bool:
    """The preamble of a part 10 file."""
    return data[128:132] == b"DICM"


def read_instance(path: Path) -> Instance:
    """The UID and place of a stored DICOM file."""
    import pydicom

    with ignore_warnings():
        wanted = ["SOPInstanceUID", "ImagePositionPatient", "ImageOrientationPatient"]
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=wanted)
        return Instance(str(header.get("SOPInstanceUID", "")), frame_position(header, header))


def frame_position(position: Any, orientation: Any) -> tuple[float, ...]:
    """Where a frame lies and how it is turned, () where that is not said."""
    parts = [*(position.get("ImagePositionPatient") or []), *(orientation.get("ImageOrientationPatient") or [])]
    return tuple(float(part) for part in parts) if len(parts) == 9 else ()


def source_header(path: Path, pseudonym: str | None) -> Any:
    """A source's header, with what every object needs and none of what no object could carry.

    Raises:
        NotWritable: it has no UID to refer to.
    """
    import pydicom

    found: Any = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    found.decode()
    missing = [name for name in UIDS if not found.get(name)]
    if missing:
        raise NotWritable(f"has no {missing[0]}, so nothing can refer to it")
    if pseudonym is not None:
        found = _nameless(found)
        found.PatientID = pseudonym
    for name in TYPE_2:
        if name not in found or not _is_lawful(name, found.get(name)):
            setattr(found, name, "")
    return found


def _nameless(named: Any) -> Any:
    from pydicom.dataset import Dataset

    found = Dataset()
    for name in (*UIDS, *DEIDENTIFIED_ATTRIBUTES):
        if name in named:
            found[name] = named[name]
    return found


def _is_lawful(name: str, value: Any) -> bool:
    """Whether an object can be made with it; what a date or sex cannot be is left out."""
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
    """Whether a reference to it names a frame."""
    return int(source.get("NumberOfFrames") or 1) > 1 and str(source.SOPClassUID) not in SINGLE


def stable_uid(*parts: str) -> str:
    """The same UID for the same content: an archive that has an object takes no second copy of it."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["rounds", *parts]))


def drawings_digest(drawings: tuple[DrawingRecord, ...]) -> str:
    """Names what stands."""
    said = repr(
        [
            (one.source.sha256, one.frame, one.key, one.shape, one.geometry, one.label, one.reader, one.at)
            for one in drawings
        ]
    )
    return hashlib.sha256(said.encode()).hexdigest()


def fit_text(text: str) -> str:
    """As a DICOM text holds it: a backslash would begin another value, and 64 characters are the most."""
    return text.replace("\\", "/").replace("\r", " ").replace("\n", " ").strip()[:MAX_TEXT]


def class_code(label: str | None) -> Any:
    """A class as a coded concept of ours."""
    from highdicom.sr import CodedConcept

    if label is None:
        return CodedConcept(NO_CLASS, SCHEME, "Without a class")
    return CodedConcept(hashlib.sha256(label.encode()).hexdigest()[:12], SCHEME, fit_text(label))


def software_version() -> str:
    """Who wrote an object."""
    return version("rounds")


def to_part10(dataset: Any) -> bytes:
    """As a part 10 file."""
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@contextmanager
def ignore_warnings() -> Iterator[None]:
    """Other people's headers hold odd values, and readers' names no commas; what matters is said in our words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(data: bytes) -> Any:
    """Return the dataset of a part 10 file.

    Raises:
        InvalidInput: a deflated or a damaged file.
    """
    import pydicom

    if DEFLATED in data[:META]:  # a small file may unfold without bound
        raise InvalidInput("is deflated; export it in another transfer syntax.")
    try:
        return pydicom.dcmread(BytesIO(data))
    except Exception as error:  # pydicom raises what it likes on damaged bytes
        raise InvalidInput(f"is a damaged DICOM file ({type(error).__name__}); export it again.") from error
