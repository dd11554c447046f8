"""List the file formats of drawings in one table; files are recognised by content."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput, RejectedFile
from core.imaging.drawings import (
    coco_export,
    coco_import,
    csv_format,
    dicom_common,
    dicom_seg_export,
    dicom_seg_import,
    dicom_sr_export,
    dicom_sr_import,
)
from core.imaging.drawings.dicom_common import Original
from core.imaging.drawings.records import DrawingRecord, DrawingSet

Read = Callable[[bytes], Iterable[DrawingRecord]]


@dataclass(frozen=True, slots=True)
class Plain:
    """A format that writes a drawing set into one file."""

    write: Callable[[DrawingSet], bytes]


@dataclass(frozen=True, slots=True)
class Dicom:
    """A format that writes DICOM objects source by source: name and bytes of each."""

    write: Callable[[DrawingSet, Original, tuple[DrawingRecord, ...]], list[tuple[str, bytes]]]


FORMATS: dict[str, Plain | Dicom] = {
    "coco": Plain(coco_export.write),
    "csv": Plain(csv_format.write),
    "seg": Dicom(dicom_seg_export.write),
    "sr": Dicom(dicom_sr_export.write),
}


DICOM_READERS: dict[str, Callable[[Any], Iterable[DrawingRecord]]] = {
    "1.2.840.10008.5.1.4.1.1.66.4": dicom_seg_import.read,
    "1.2.840.10008.5.1.4.1.1.88.33": dicom_sr_import.read,
    "1.2.840.10008.5.1.4.1.1.88.34": dicom_sr_import.read,
}
"""By SOP Class UID: Segmentation, Comprehensive SR and Comprehensive 3D SR (DICOM PS3.4, B.5)."""


def reader_of(data: bytes) -> Read:
    """Return the reader for a file of drawings, chosen by its first bytes."""
    if dicom_common.is_dicom(data):
        return read_dicom
    return coco_import.read if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else csv_format.read


def read_dicom(data: bytes) -> list[DrawingRecord]:
    """Return the drawings of a SEG or SR.

    Raises:
        InvalidInput: another SOP class, or a damaged object.
    """
    with dicom_common.ignore_warnings():
        dataset = dicom_common.parse(data)
        kind = str(dataset.get("SOPClassUID", ""))
        if kind not in DICOM_READERS:
            raise InvalidInput(
                "is DICOM, but neither a segmentation (SEG) nor a structured report (SR); `rounds import` takes images."
            )
        try:
            return list(DICOM_READERS[kind](dataset))
        except RejectedFile as error:
            raise InvalidInput(str(error)) from error
        except (AttributeError, KeyError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            raise InvalidInput(f"is a damaged DICOM object ({error}); export it again.") from error
