"""Import images, one module per file format.

Law: an importer yields images or raises RejectedFile with one sentence; importers do not use each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.imaging.decoded_image import DecodedImage
from core.imaging.importers import dicom, nifti, npz, picture


@dataclass(frozen=True, slots=True)
class Importer:
    """A file format: recognises files by their first bytes and yields their images, from memory if already read."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[Path, bytes | None], Iterator[DecodedImage]]


# A DICOM preamble may also be a TIFF header (dual-personality files), so DICM is checked first; a data set without
# preamble has a weak signature and is checked last.
IMPORTERS: tuple[Importer, ...] = (
    Importer("dicom", dicom.has_preamble, dicom.read),
    Importer("picture", picture.recognises, picture.read),
    Importer("npz", npz.recognises, npz.read),
    Importer("nifti", nifti.recognises, nifti.read),
    Importer("dicom", dicom.is_bare, dicom.read),
)
HEAD = 4096


def find_importer(head: bytes) -> Importer | None:
    """Return the importer that recognises the first bytes of a file, else None."""
    return next((importer for importer in IMPORTERS if importer.recognises(head)), None)
