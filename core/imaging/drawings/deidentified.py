"""Replace what identifies a patient in the headers of sources, keyed, so that exported objects still fit together.

After the Basic Application Level Confidentiality Profile (DICOM PS3.15, Annex E) with its options to retain patient
characteristics (E.3.7: sex, age, size, weight) and longitudinal temporal information with modified dates (E.3.6):
attributes are an allow-list; a UID becomes the same new one in every export of a home; dates move by a number of days
that is the person's own, so that the time between two of them stays; ages over 89 are 090Y.
"""

import hashlib
import hmac
import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KEPT_ATTRIBUTES = (
    "SOPClassUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
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
STANDARD = "1.2.840.10008."  # UIDs of the standard itself, such as SOP classes and well-known frames of reference
OLDEST = 89  # years; greater ages identify (HIPAA, 45 CFR 164.514(b)(2)(i)(C))
MOST_DAYS = 3_650
AGE = re.compile(r"(\d{1,3})([DWMY])")
DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Deidentification:
    """The pseudonym of a patient, and the key of the home, which decides on new UIDs and the shift of dates."""

    pseudonym: str
    key: bytes = field(repr=False)

    def header(self, named: Any) -> Any:
        """Return a copy of a header with what may stay, replaced where it identifies."""
        from pydicom.dataset import Dataset

        header = Dataset()
        for name in KEPT_ATTRIBUTES:
            if name in named:
                header[name] = deepcopy(named[name])
        self._replace(header)
        header.PatientID = self.pseudonym
        return header

    def uid(self, uid: str) -> str:
        """Return the new UID, made of a keyed hash as of a UUID (PS3.5, B.2); UIDs of the standard stay."""
        return uid if uid.startswith(STANDARD) or not uid else f"2.25.{self._number('uid', uid)}"

    def date(self, text: str) -> str:
        """Return a date (or date and time) that many days earlier; "" for one that cannot be read."""
        match = DATE.fullmatch(text.strip())
        if match is None:
            return ""
        days = 1 + self._number("days", self.pseudonym) % MOST_DAYS
        try:
            moved = datetime(int(match[1]), int(match[2]), int(match[3])) - timedelta(days=days)
        except (ValueError, OverflowError):
            return ""
        return f"{moved:%Y%m%d}{match[4]}"

    def _replace(self, dataset: Any) -> None:
        for element in list(dataset):
            if element.tag.is_private:
                del dataset[element.tag]
            elif element.VR == "SQ":
                for item in element.value:
                    self._replace(item)
            elif element.VR in REPLACED:
                element.value = _each(element.value, lambda text, vr=element.VR: REPLACED[vr](self, text))

    def _number(self, use: str, text: str) -> int:
        digest = hmac.new(self.key, f"export {use}:{text}".encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:16])


def _age(text: str) -> str:
    """Return an age (VR AS), 090Y if it is over 89 years, "" if it cannot be read."""
    match = AGE.fullmatch(text.strip())
    if match is None:
        return ""
    return f"{OLDEST + 1:03}Y" if match[2] == "Y" and int(match[1]) > OLDEST else text.strip()


REPLACED: dict[str, Any] = {
    "UI": Deidentification.uid,
    "DA": Deidentification.date,
    "DT": Deidentification.date,
    "AS": lambda _, text: _age(text),
}
"""How a value is replaced, by value representation."""


def _each(value: Any, replace: Any) -> Any:
    if value is None or isinstance(value, str):
        return replace(str(value or ""))
    return [replace(str(one)) for one in value]
