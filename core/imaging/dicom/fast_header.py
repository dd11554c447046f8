"""Parse the headers of uncompressed DICOM files ten times as fast as pydicom, where the encoding is unambiguous.

Accepted are little-endian files whose last element is PixelData, with ASCII values of the VR and multiplicity that the
standard defines and without relevant sequences (PS3.5). For anything else `parse_header` returns None, and pydicom
reads the file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any

from core.imaging.dicom.b_value import B_VALUES, GROUPS, Key

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
META, SYNTAX, CHARSET, PIXEL_DATA, UNDEFINED = 0x0002, 0x00020010, 0x00080005, 0x7FE00010, 0xFFFFFFFF
ANY_OVERLAY, OVERLAY_DATA = 0xFF01FFFF, 0x60003000  # of one of the groups 6000, 6002 … 60FF
CHARSETS = ("", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192")  # character sets whose lower half is ASCII
SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())

# Nuclear medicine (PS3.3 C.8.4.8), the outermost first: energy window, detector, phase, rotation, R-R interval, time
# slot, angular view, slice, time slice.
VECTORS = {
    0x00540010: "EnergyWindowVector",
    0x00540020: "DetectorVector",
    0x00540030: "PhaseVector",
    0x00540050: "RotationVector",
    0x00540060: "RRIntervalVector",
    0x00540070: "TimeSlotVector",
    0x00540080: "SliceVector",
    0x00540090: "AngularViewVector",
    0x00540100: "TimeSliceVector",
}

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?\d+")
BEGIN, U2, U4 = Struct("<HH"), Struct("<H"), Struct("<I")
F4, F8 = Struct("<f"), Struct("<d")


class _Unsupported(Exception):
    """A header that is left to pydicom."""


@dataclass(frozen=True, slots=True)
class DeferredPixels:
    """The position of pixel data in the file, with the attributes of a deferred pydicom element."""

    value_tell: int
    length: int
    value: None = None


class FastHeader:
    """The part of a pydicom data set that the import reads."""

    def __init__(self, values: dict[str, Any], private: dict[Key, bytes], syntax: str, pixels: DeferredPixels) -> None:
        """Take values by keyword, private ones, the transfer syntax UID and the position of the pixel data."""
        self.values, self.private, self.pixels = values, private, pixels
        self.file_meta = {"TransferSyntaxUID": syntax}

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a keyword."""
        return self.values.get(name, default)

    def get_item(self, tag: int, *, keep_deferred: bool) -> DeferredPixels:
        """Return the pixel data, the only element that is read without decoding."""
        assert tag == PIXEL_DATA
        assert keep_deferred
        return self.pixels

    def __contains__(self, name: str | int) -> bool:
        """Return whether the header has a keyword or the tag of the pixel data."""
        return name in (PIXEL_DATA, "PixelData") or name in self.values

    def __getattr__(self, name: str) -> Any:
        """Return the value of a keyword as an attribute."""
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def parse_header(data: bytes) -> FastHeader | None:
    """Return the header, or None if anything is ambiguous or unsupported."""
    try:
        syntax, start = _meta(data)
        return _header(data, start, syntax)
    except (_Unsupported, ValueError, IndexError):
        return None


def _meta(data: bytes) -> tuple[str, int]:
    """Return the transfer syntax UID and the offset of the data set."""
    if data[128:132] != b"DICM":
        raise _Unsupported
    syntax, start = "", 132
    for tag, _, at, length in _elements(data, start, explicit=True, group=META):
        start = at + length
        if tag == SYNTAX:
            syntax = _text(data[at:start])
    if syntax not in (IMPLICIT, EXPLICIT):
        raise _Unsupported
    return syntax, start


def _header(data: bytes, start: int, syntax: str) -> FastHeader:
    values: dict[str, Any] = {}
    private: dict[Key, bytes] = {}
    creators: dict[int, str] = {}  # by the upper 24 bits of the tags in their block
    for tag, vr, at, length in _elements(data, start, explicit=syntax == EXPLICIT):
        if tag == PIXEL_DATA:
            if at + length != len(data):
                raise _Unsupported
            return FastHeader(values, private, syntax, DeferredPixels(at, length))
        if tag >> 16 in GROUPS:
            value = data[at : at + length]
            if tag & 0xFF00 == 0:
                creators[tag >> 16 << 8 | tag & 0xFF] = value.decode("latin-1").strip("\0 ")
            elif (key := (tag >> 16, creators.get(tag >> 8, ""), tag & 0xFF)) in B_VALUES:
                private[key] = value
        if tag & ANY_OVERLAY == OVERLAY_DATA:
            values["OverlayData"] = True
        if tag == CHARSET and _text(data[at : at + length]) not in CHARSETS:
            raise _Unsupported
        if tag in READ and length:
            keyword, expected_vr, value_of = READ[tag]
            if vr not in (b"", expected_vr, *expected_vr.split(b" or ")):
                raise _Unsupported
            values[keyword] = value_of(data[at : at + length])
    raise _Unsupported


def _elements(
    data: bytes, at: int, *, explicit: bool, group: int | None = None
) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield tag, VR (empty if implicit), value offset and length of each top-level element."""
    before, end = 0, len(data)
    while at + 8 <= end:
        group_number, number = BEGIN.unpack_from(data, at)
        if group is not None and group_number != group:
            return
        tag, vr = group_number << 16 | number, b""
        if explicit:
            vr = data[at + 4 : at + 6]
            if vr in SHORT:
                length, at = U2.unpack_from(data, at + 6)[0], at + 8
            elif vr in LONG and at + 12 <= end:
                length, at = U4.unpack_from(data, at + 8)[0], at + 12
            else:
                raise _Unsupported
        else:
            length, at = U4.unpack_from(data, at + 4)[0], at + 8
        if tag <= before or length == UNDEFINED or at + length > end:
            raise _Unsupported
        yield tag, vr, at, length
        before, at = tag, at + length


def _text(value: bytes) -> str:
    text = value.decode("ascii").rstrip("\0 ")
    if not text.isprintable() or "\\" in text or "=" in text:
        raise _Unsupported
    return text


def _unsigned(value: bytes) -> int:
    if len(value) != 2:
        raise _Unsupported
    number: int = U2.unpack(value)[0]
    return number


def _whole(value: bytes) -> int:
    text = _text(value).strip(" ")
    if not WHOLE.fullmatch(text):
        raise _Unsupported
    return int(text)


def _number(value: bytes) -> float:
    text = _text(value).strip(" ")
    if not NUMBER.fullmatch(text):
        raise _Unsupported
    return float(text)


def _numbers(value: bytes) -> float | list[float]:
    several = [_number(one) for one in value.split(b"\\")]
    return several if len(several) > 1 else several[0]


def _texts(value: bytes) -> list[str]:
    return [_text(one).strip(" ") for one in value.split(b"\\")]


def _double(value: bytes) -> float:
    if len(value) != 8:
        raise _Unsupported
    number: float = F8.unpack(value)[0]
    return number


def _single(value: bytes) -> float:
    if len(value) != 4:
        raise _Unsupported
    number: float = F4.unpack(value)[0]
    return number


def _long(value: bytes) -> int:
    if len(value) != 4:
        raise _Unsupported
    number: int = U4.unpack(value)[0]
    return number


def _never(_value: bytes) -> Any:
    raise _Unsupported


_KINDS: tuple[tuple[bytes, Callable[[bytes], Any], dict[int, str]], ...] = (
    (
        b"CS",
        _text,
        {
            0x00080060: "Modality",
            0x00100040: "PatientSex",
            0x00180015: "BodyPartExamined",
            0x00185101: "ViewPosition",
            0x00200060: "Laterality",
            0x00200062: "ImageLaterality",
            0x00280004: "PhotometricInterpretation",
            0x00280A02: "PixelSpacingCalibrationType",
            0x00281056: "VOILUTFunction",
            0x20500020: "PresentationLUTShape",
        },
    ),
    (b"UI", _text, {0x00080016: "SOPClassUID", 0x0020000D: "StudyInstanceUID", 0x0020000E: "SeriesInstanceUID"}),
    (b"SH", _text, {0x00080050: "AccessionNumber"}),
    (
        b"LO",
        _text,
        {
            0x00080070: "Manufacturer",
            0x00081090: "ManufacturerModelName",
            0x00100020: "PatientID",
            0x00100021: "IssuerOfPatientID",
            0x00101090: "MedicalRecordLocator",
            0x00281054: "RescaleType",
        },
    ),
    (
        b"PN",
        _text,
        {
            0x00100010: "PatientName",
            0x00101001: "OtherPatientNames",
            0x00101005: "PatientBirthName",
            0x00101060: "PatientMotherBirthName",
        },
    ),
    (b"CS", _texts, {0x00080008: "ImageType"}),
    (
        b"DA",
        _text,
        {
            0x00080020: "StudyDate",
            0x00080022: "AcquisitionDate",
            0x00080023: "ContentDate",
            0x00100030: "PatientBirthDate",
        },
    ),
    (b"DT", _text, {0x0008002A: "AcquisitionDateTime"}),
    (b"TM", _text, {0x00080032: "AcquisitionTime", 0x00080033: "ContentTime"}),
    (b"UL", _long, {0x00209128: "TemporalPositionIndex"}),
    (
        b"FD",
        _double,
        {
            0x00189087: "DiffusionBValue",
            0x00209153: "NominalCardiacTriggerDelayTime",
        },
    ),
    (b"FL", _single, {0x00209241: "NominalPercentageOfCardiacPhase"}),
    (b"AS", _text, {0x00101010: "PatientAge"}),
    (
        b"US",
        _unsigned,
        {
            0x00280002: "SamplesPerPixel",
            0x00280010: "Rows",
            0x00280011: "Columns",
            0x00280100: "BitsAllocated",
            0x00280101: "BitsStored",
            0x00280102: "HighBit",
            0x00280103: "PixelRepresentation",
        },
    ),
    (b"US or SS", _unsigned, {0x00280120: "PixelPaddingValue", 0x00280121: "PixelPaddingRangeLimit"}),
    (
        b"IS",
        _whole,
        {
            0x00082144: "RecommendedDisplayFrameRate",
            0x00180040: "CineRate",
            0x00180086: "EchoNumbers",
            0x00200012: "AcquisitionNumber",
            0x00200013: "InstanceNumber",
            0x00200100: "TemporalPositionIdentifier",
            0x00280008: "NumberOfFrames",
        },
    ),
    (
        b"DS",
        _number,
        {
            0x00180081: "EchoTime",
            0x00180082: "InversionTime",
            0x00180088: "SpacingBetweenSlices",
            0x00181060: "TriggerTime",
            0x00181063: "FrameTime",
            0x00181114: "EstimatedRadiographicMagnificationFactor",
            0x00181314: "FlipAngle",
            0x00201041: "SliceLocation",
            0x00281052: "RescaleIntercept",
            0x00281053: "RescaleSlope",
            0x3004000E: "DoseGridScaling",
        },
    ),
    (
        b"DS",
        _numbers,
        {
            0x00181164: "ImagerPixelSpacing",
            0x00200032: "ImagePositionPatient",
            0x00200037: "ImageOrientationPatient",
            0x00280030: "PixelSpacing",
            0x00281050: "WindowCenter",
            0x00281051: "WindowWidth",
        },
    ),
    (
        b"SQ",
        _never,
        {
            0x00101002: "OtherPatientIDsSequence",
            0x00186011: "SequenceOfUltrasoundRegions",
            0x00283000: "ModalityLUTSequence",
            0x00283010: "VOILUTSequence",
            0x52009229: "SharedFunctionalGroupsSequence",
            0x52009230: "PerFrameFunctionalGroupsSequence",
        },
    ),
    (b"DS", _never, {0x3004000C: "GridFrameOffsetVector"}),
    (b"US", _never, VECTORS),
    (b"OF", _never, {0x7FE00008: "FloatPixelData"}),
    (b"OD", _never, {0x7FE00009: "DoubleFloatPixelData"}),
)
READ = {tag: (keyword, vr, value_of) for vr, value_of, tags in _KINDS for tag, keyword in tags.items()}
