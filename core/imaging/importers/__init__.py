"""One module per file format.

Law: a reader yields what it found or raises RefusedFile with one sentence; readers do not lean on each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.imaging.decoded_image import DecodedImage
from core.imaging.importers import dicom, nifti, npz, picture


@dataclass(frozen=True, slots=True)
class Importer:
    """Tells its files by their first bytes and yields their images, from the bytes where they are at hand already."""

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[Path, bytes | None], Iterator[DecodedImage]]


# A DICOM preamble may also begin as a TIFF (dual-personality files), so DICM is asked for first; a data set without
# preamble is told by so little that it comes last.
IMPORTERS: tuple[Importer, ...] = (
    Importer("dicom", dicom.has_preamble, dicom.read),
    Importer("picture", picture.recognises, picture.read),
    Importer("npz", npz.recognises, npz.read),
    Importer("nifti", nifti.recognises, nifti.read),
    Importer("dicom", dicom.is_bare, dicom.read),
)
HEAD = 4096


def find_importer(head: bytes) -> Importer | None:
    """The reader whose format begins like this, None where nobody's does."""
    return next((importer for importer in IMPORTERS if importer.recognises(head)), None)
