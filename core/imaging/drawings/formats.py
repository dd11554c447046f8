"""The files in which drawings leave and come back: one explicit table, each kind told by its content."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidInput
from core.imaging.drawings import coco, coco_reading, dicom, report, report_reading, seg, seg_reading, table
from core.imaging.drawings.dicom import Original
from core.imaging.drawings.record import Album, Drawn

Read = Callable[[bytes], Iterable[Drawn]]


@dataclass(frozen=True, slots=True)
class Plain:
    """One file that holds an album."""

    write: Callable[[Album], bytes]


@dataclass(frozen=True, slots=True)
class Dicom:
    """Objects that go back to the archive, written source by source: name and bytes of each."""

    write: Callable[[Album, Original, tuple[Drawn, ...]], list[tuple[str, bytes]]]


FORMATS: dict[str, Plain | Dicom] = {
    "coco": Plain(coco.write),
    "csv": Plain(table.write),
    "seg": Dicom(seg.write),
    "sr": Dicom(report.write),
}


DICOM_READERS: dict[str, Callable[[Any], Iterable[Drawn]]] = {
    "1.2.840.10008.5.1.4.1.1.66.4": seg_reading.read,
    "1.2.840.10008.5.1.4.1.1.88.33": report_reading.read,
    "1.2.840.10008.5.1.4.1.1.88.34": report_reading.read,
}
"""By SOP Class UID: Segmentation, Comprehensive SR and Comprehensive 3D SR (DICOM PS3.4, B.5)."""


def reader_of(data: bytes) -> Read:
    """What reads a file of drawings that begins like this."""
    if dicom.is_dicom(data):
        return read_dicom
    return coco_reading.read if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else table.read


def read_dicom(data: bytes) -> list[Drawn]:
    """Return the drawings of a SEG or SR.

    Raises:
        InvalidInput: another kind of object, or one that cannot be understood.
    """
    with dicom.quiet():
        dataset = dicom.parse(data)
        kind = str(dataset.get("SOPClassUID", ""))
        if kind not in DICOM_READERS:
            raise InvalidInput(
                "is DICOM, but neither a segmentation (SEG) nor a report (SR); images come in by `rounds import`."
            )
        try:
            return list(DICOM_READERS[kind](dataset))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            raise InvalidInput(f"is a damaged DICOM object ({error}); export it again.") from error
