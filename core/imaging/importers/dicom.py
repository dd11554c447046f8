"""Import DICOM files: header, identity and facts. `core.imaging.dicom.pixels` decodes the pixels."""

import re
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.deidentify import Identity
from core.imaging.dicom.fast_header import FastHeader, parse_header
from core.imaging.dicom.frame_order import order_frames
from core.imaging.dicom.lost_values import collect_lost_values, drop_lost_padding
from core.imaging.dicom.native import view_uncompressed
from core.imaging.dicom.pixels import decode
from core.imaging.dicom.values import IGNORED
from core.imaging.importers import signatures
from core.imaging.stacks.header import read_attributes, words_of
from core.imaging.voi_lut import Array
from core.lazy_modules import LazyModule

if TYPE_CHECKING:
    from core.imaging.dicom import syntax
else:
    syntax = LazyModule("core.imaging.dicom.syntax")

WITHOUT_PIXELS = {
    "1.2.840.10008.1.3.10": "a DICOMDIR, an index of other files",
    "1.2.840.10008.5.1.4.1.1.88": "a structured report (SR)",
    "1.2.840.10008.5.1.4.1.1.481.3": "an RT structure set",
    "1.2.840.10008.5.1.4.1.1.481.5": "an RT plan",
    "1.2.840.10008.5.1.4.1.1.481.8": "an RT ion plan",
    "1.2.840.10008.5.1.4.1.1.9": "a waveform (ECG)",
    "1.2.840.10008.5.1.4.1.1.11": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.104": "an encapsulated document",
}
FACTS = {
    "modality": "Modality",
    "sex": "PatientSex",
    "view": "ViewPosition",
    "body_part": "BodyPartExamined",
    "manufacturer": "Manufacturer",
    "device": "ManufacturerModelName",
}
SIDES = ("R", "L", "B")  # right, left, both; U says that the body part is not paired
OTHERS = ("AccessionNumber", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "MedicalRecordLocator")
PACKED = re.compile(
    rb"1\.2\.840\.10008\.1\.2\.(?:1\.99|2|4\.|5)"
)  # deflated, big-endian or compressed: read completely
HEADER_BYTES = 2048
DEFERRED = 1 << 18  # bytes; longer values are deferred, and no table that the header needs is longer


def read(path: Path, data: bytes | None = None) -> Iterator[DecodedImage]:
    """Yield one image of one or more frames.

    Raises:
        RejectedFile: no pixel data, truncated, or in a transfer syntax that no permissive decoder supports.
    """
    data = _without_prefix(path, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns about invalid values in headers; the import has its own report
        lost: list[int] = []
        try:
            header, assumed, viewed = _fast_header(data) or (*_full_header(path, data, lost), None)
            samples, format, notes = decode(header, data, viewed)
            samples, format, order_notes = order_frames(header, samples, format)
            identity, facts, attributes = _identity(header), _facts(header), read_attributes(header, format)
            others = [*(["mosaic"] if _is_mosaic(header) else []), *([IGNORED] if lost else [])]
            yield DecodedImage(
                item="",
                samples=samples,
                format=format,
                identity=identity,
                facts=facts,
                attributes=attributes,
                notes=tuple(dict.fromkeys((*assumed, *notes, *order_notes, *others))),
            )
        except RejectedFile:
            raise
        except MemoryError:
            raise
        except Exception as error:
            raise RejectedFile(
                f"is a DICOM file whose header is damaged ({type(error).__name__} while reading it); export it again."
            ) from error


def _without_prefix(path: Path, data: bytes | None) -> bytes | None:
    """Return the bytes of a file that begins with the prefix of part 10, without it; else `data`."""
    if data is None:
        with path.open("rb") as file:
            data = file.read() if file.read(len(signatures.PREFIX)) == signatures.PREFIX else None
        return data
    return data.removeprefix(signatures.PREFIX)


def _fast_header(data: bytes | None) -> tuple[FastHeader, tuple[str, ...], Array] | None:
    """Return header, notes and viewed frames of a file that needs no pydicom; None for all others."""
    header = parse_header(data) if data is not None else None
    if header is None:
        return None
    notes: list[str] = []
    try:
        frames = view_uncompressed(header, data, notes)
    except RejectedFile:  # refused with the sentence of the other way
        return None
    return (header, tuple(notes), frames) if frames is not None else None


def _full_header(path: Path, data: bytes | None, lost: list[int]) -> tuple[Any, tuple[str, ...]]:
    """Return the pydicom data set, and notes; uncompressed pixels stay in `data`, to be viewed without a copy.

    `lost` gets the tags of values that are read as absent, because they have a wrong length.
    """
    import pydicom

    collect_lost_values(lost)

    source = path if data is None else BytesIO(data)
    packed = data is None or PACKED.search(data, 0, HEADER_BYTES)
    header = pydicom.dcmread(source, force=True, defer_size=None if packed else DEFERRED)
    if len(header) == 0:  # pydicom drops all elements of a file that ends within an element of undefined length
        start = pydicom.dcmread(path if data is None else BytesIO(data), force=True, stop_before_pixels=True)
        if "Rows" in start:
            raise RejectedFile("is truncated: it ends within its pixel data; copy or export it again.")
    _require_pixels(header, bare=not getattr(header.file_meta, "TransferSyntaxUID", None))
    drop_lost_padding(header, lost)
    return header, syntax.complete_syntax(header)


def _require_pixels(header: Any, *, bare: bool) -> None:
    if len(header) == 0:
        raise RejectedFile("starts like a DICOM file but has no data elements; it is empty or truncated.")
    if any(name in header for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return
    kind = str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID", ""))
    for prefix, description in WITHOUT_PIXELS.items():
        if kind.startswith(prefix):
            raise RejectedFile(f"is {description}, without pixel data.")
    if bare and not kind:
        raise RejectedFile("is not a DICOM image: it has no preamble, no SOP Class UID and no pixel data.")
    raise RejectedFile("is a DICOM object without pixel data; it may be truncated.")


def _identity(header: Any) -> Identity:
    issuer = str(header.get("IssuerOfPatientID") or "").strip()
    plain = str(header.get("PatientID") or "").strip()
    others = [str(header.get(name) or "") for name in OTHERS]
    others += [str(one.get("PatientID") or "") for one in header.get("OtherPatientIDsSequence") or []]
    return Identity(
        patient_id=f"{plain} {issuer}".strip() if plain else "",
        patient_name=str(header.get("PatientName") or ""),
        birth_date=str(header.get("PatientBirthDate") or ""),
        study_uid=str(header.get("StudyInstanceUID") or ""),
        series_uid=str(header.get("SeriesInstanceUID") or ""),
        issuer=issuer,
        others=tuple(text for text in others if text),
    )


def _facts(header: Any) -> dict[str, str]:
    facts = {name: str(header.get(keyword) or "").strip() for name, keyword in FACTS.items()}
    facts["laterality"] = _laterality(header)
    age = re.fullmatch(r"(\d{1,3})([DWMY])", str(header.get("PatientAge") or "").strip())
    if age:
        per_year = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[age[2]]
        facts["age"] = str(int(int(age[1]) / per_year))
    return {name: value for name, value in facts.items() if value}


def _is_mosaic(header: Any) -> bool:
    """Return whether Siemens put all slices of a volume into one image."""
    return "MOSAIC" in words_of(header.get("ImageType"))


def _laterality(header: Any) -> str:
    """Return the side: of the image, else of all its frames (PS3.3 C.7.6.16.2.8), else of the series."""
    groups = [
        *(header.get("SharedFunctionalGroupsSequence") or []),
        *(header.get("PerFrameFunctionalGroupsSequence") or []),
    ]
    anatomies = [item for group in groups for item in group.get("FrameAnatomySequence") or []]
    sides = {str(item.get("FrameLaterality") or "").strip() for item in anatomies}
    fallbacks = (sides.pop() if len(sides) == 1 else "", str(header.get("Laterality") or "").strip())
    return str(header.get("ImageLaterality") or "").strip() or next((side for side in fallbacks if side in SIDES), "")
