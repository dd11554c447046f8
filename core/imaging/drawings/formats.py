"""The files in which drawings leave and come back: one explicit table, each kind told by its content."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.imaging.drawings import coco, coco_reading, dicom, report, seg, table
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


def reader_of(data: bytes) -> Read:
    """What reads a file of drawings that begins like this."""
    if dicom.is_dicom(data):
        return dicom.read
    return coco_reading.read if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else table.read
